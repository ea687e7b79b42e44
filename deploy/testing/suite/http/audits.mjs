// Runs every official GraphQL over HTTP audit of the package graphql-http against
// a server, and judges its schema with the reference implementation.
//   node audits.mjs URL TOKEN
import { serverAudits } from 'graphql-http';
import { buildClientSchema, getIntrospectionQuery, isIntrospectionType, isSpecifiedScalarType, isEnumType, validateSchema } from 'graphql';

const [url, token] = process.argv.slice(2);
const headers = token ? { authorization: `Bearer ${token}` } : {};
const fetchFn = (u, init = {}) => fetch(u, { ...init, headers: { ...headers, ...init.headers }, signal: AbortSignal.timeout(10_000) });
const faults = [];

const audits = serverAudits({ url, fetchFn });
for (const audit of audits) {
  const r = await audit.fn();
  if (r.status !== 'ok') faults.push(`${audit.id} ${audit.name}: ${r.reason}`);
}

const full = { descriptions: true, schemaDescription: true, specifiedByUrl: true, directiveIsRepeatable: true, inputValueDeprecation: true };
const answer = await fetchFn(url, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query: getIntrospectionQuery(full) }),
});
const { data, errors } = await answer.json();
if (errors) faults.push(`introspection: ${JSON.stringify(errors).slice(0, 300)}`);
else {
  const schema = buildClientSchema(data);
  for (const e of validateSchema(schema)) faults.push(`schema: ${e.message}`);
  const described = (where, x) => x.description?.trim() || faults.push(`no description: ${where}`);
  for (const t of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(t) || isSpecifiedScalarType(t)) continue;
    described(t.name, t);
    if (isEnumType(t)) for (const v of t.getValues()) described(`${t.name}.${v.name}`, v);
    else if (t.getFields)
      for (const f of Object.values(t.getFields())) {
        described(`${t.name}.${f.name}`, f);
        for (const a of f.args ?? []) described(`${t.name}.${f.name}(${a.name}:)`, a);
      }
  }
}
for (const f of faults) console.log(`FAIL ${f}`);
console.log(`${audits.length} audits, ${faults.length} faults`);
process.exit(audits.length > 50 && faults.length === 0 ? 0 : 1);
