// Package fields is everything that can be asked: schema.graphql as graphql-go's
// types, and for each of its fields one row that says how it is answered, by a plan
// and by graphql-go alike. The two can't differ: a field without a row, a row
// without a field, and a row of another type are errors at start. Who may see a
// field is for the access table to say, and is asked before each.
//
// A new field stands in schema.graphql, in the row of its object here, and in
// schema/access/fields.yaml.
package fields

import (
	"context"
	"slices"
	"time"

	gql "github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"

	"credithub/query/graph/check"
	"credithub/query/graph/refusal"
	"credithub/query/graph/response"
	"credithub/query/view"
	"credithub/schema/access"
	"credithub/schema/graphql"
	"credithub/schema/policy"
	"credithub/schema/receipt"
)

// Index is what fields ask of the index.
type Index interface {
	view.Index
	WaitFor(ctx context.Context, ps []receipt.Position) error
}

// Store is what fields ask of the store besides what Views read.
type Store interface {
	WaitStored(ctx context.Context, want []receipt.Position) error
}

// Config of a Schema. All fields are required.
type Config struct {
	Checker *check.Checker
	Views   *view.Views
	Index   Index
	Store   Store
	Policy  *policy.Policy
	Access  view.Access
	Refuse  *refusal.Maker
	Limits  *refusal.Limits
}

// Schema is what can be asked.
type Schema struct {
	Config
	*root
	table table
	check *Object[Check]
}

// New makes the schema. It fails when schema.graphql and the table of fields don't
// fit each other.
func New(c Config) (*Schema, error) {
	s := &Schema{Config: c, table: table{}}
	s.declare()
	return s, s.bind(graphql.SDL())
}

// bind ties the table to a text in the schema definition language.
func (s *Schema) bind(sdl string) (err error) {
	b := binding{s, map[string]bool{}}
	if s.root, err = buildSchema(sdl, b.resolver); err != nil {
		return err
	}
	return b.unused()
}

// types are the objects that others refer to.
type types struct {
	creditList *Object[policy.List]
	measure    *Object[policy.Measure]
	matter     *Object[policy.Matter]
	purpose    *Object[policy.Purpose]
	source     *Object[Source]
	entity     *Object[view.Entity]
	check      *Object[Check]
	entries    *Object[page[view.Entry]]
	entities   *Object[page[view.Entity]]
}

// declare makes the table: every object, those below it first.
func (s *Schema) declare() {
	t := &types{creditList: creditListObject(), measure: measureObject(), matter: matterObject(), purpose: purposeObject()}
	unit, info := unitObject(), pageInfoObject()
	t.source = s.sourceObject(unit)
	teller := s.tellerObject(unit)
	entry := s.entryObject(t.creditList, unit, teller)
	record := s.recordObject(unit)
	entryEdge, recordEdge := edgeObject(entry), edgeObject(record)
	records := connectionObject(recordEdge, record, info)
	t.entries = connectionObject(entryEdge, entry, info)
	t.entity = entityObject(entry, records)
	entityEdge := edgeObject(t.entity)
	t.entities = connectionObject(entityEdge, t.entity, info)
	evidence := s.evidenceObject(record)
	hit := hitObject(entry, evidence, t.measure)
	t.check = checkObject(t.matter, hit, t.source, t.entity)
	s.check = t.check
	for _, o := range []declared{
		t.creditList, t.measure, t.matter, t.purpose, unit, info, t.source, teller, entry, record, entryEdge, recordEdge, entityEdge,
		records, t.entries, t.entities, t.entity, evidence, hit, t.check, s.queryObject(t),
	} {
		o.declare(s.table)
	}
}

// CompileCheck makes what writes a selection set on a check; false when only Execute
// can answer it, which asks the access table for each field: a plan may show only
// what everybody sees who may check.
func (s *Schema) CompileCheck(flatten Flatten, set *ast.SelectionSet) (Writer[Check], bool) {
	return s.check.compile(&compiler{flatten, s.shownToCheckers, s.Limits.AnswerBytes}, set)
}

func (s *Schema) shownToCheckers(typ, field string) bool {
	return !slices.ContainsFunc(access.Roles(), func(r access.Role) bool {
		return r.Can(access.Check) && !s.Access.Allows(access.Principal{Role: r}, typ, field)
	})
}

// GraphQL gives the types, for validation.
func (s *Schema) GraphQL() *gql.Schema { return &s.Schema }

// NewScope makes what the resolvers of one request share.
func (s *Schema) NewScope(p access.Principal, now time.Time) *Scope {
	return &Scope{By: p, Now: now, Viewer: s.Views.For(p, now), Aside: func(_ context.Context, wait func()) { wait() }}
}

// Operation is what Execute answers: a validated document with the values of its
// variables.
type Operation struct {
	Document  *ast.Document
	Name      string // "" for the only one
	Shape     *response.Shape
	Variables map[string]any
}

// Result is what Execute gives.
type Result struct {
	Data    map[string]any // nil: the whole answer is null
	Errors  []refusal.Told // in the order of the document
	Started bool           // false: nothing was resolved, because the request is faulty
}

// Execute answers an operation by graphql-go; nil when ctx has ended: then resolvers
// may still be at work, and nothing of theirs is touched.
func (s *Schema) Execute(ctx context.Context, o *Operation, sc *Scope) *Result {
	got := gql.Execute(gql.ExecuteParams{
		Schema: s.Schema, Root: s.root, AST: o.Document, OperationName: o.Name, Args: o.Variables,
		Context: context.WithValue(ctx, scopeKey{}, sc),
	})
	if ctx.Err() != nil {
		return nil
	}
	data, _ := got.Data.(map[string]any)
	if data == nil && !refusal.Started(got.Errors) {
		return &Result{Errors: s.Refuse.Shown(ctx, got.Errors, true)}
	}
	res := &Result{data, s.Refuse.Shown(ctx, got.Errors, false), true}
	if data != nil {
		res.Data = s.takeOut(data, o.Shape, sc.failed)
		res.Errors = append(res.Errors, sc.failed...)
	}
	inOrder(res.Errors, o.Shape)
	return res
}
