package graph

import (
	"context"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/parser"
	"github.com/graphql-go/graphql/language/source"
	"github.com/maypok86/otter/v2"
	"github.com/zeebo/xxh3"

	"credithub/schema/fault"
)

// document is a text that passed all guards and validation.
type document struct {
	text  string
	ast   *ast.Document
	op    *ast.OperationDefinition
	name  string // of the operation; "" when it has none
	shape *shape // of the answer, in the order of the text
	plan  *plan  // nil: only Execute answers it

	public   bool     // asks nothing but introspection and catalogues
	checks   bool     // asks nothing but check and checks
	asks     int      // fields check and checks at its root
	mixed    bool     // asks checks and for what is read of the store beside them
	lookups  []lookup // of enterprises, at its root
	constant bool     // asks introspection only, without variables: its answer is kept

	tree *ast.Document // of one that passed no guard, for its operations alone
}

// changes tells whether the operation of a request does more than query, in a
// document that is not executed for it.
func (d *document) changes(operation []byte) bool {
	if d.tree == nil {
		return false
	}
	var ops []*ast.OperationDefinition
	for _, x := range d.tree.Definitions {
		if o, ok := x.(*ast.OperationDefinition); ok && (len(operation) == 0 || o.Name != nil && o.Name.Value == string(operation)) {
			ops = append(ops, o)
		}
	}
	return len(ops) == 1 && ops[0].Operation != ast.OperationTypeQuery
}

// documents keeps what was parsed and validated, by the hash of its text.
type documents struct {
	s       *Server
	cache   *otter.Cache[uint64, *document]
	answers *otter.Cache[*document, []byte] // of constant documents
}

// overhead is about what a kept document takes besides 20 times its text.
const overhead = 2 << 10

func newDocuments(s *Server) (*documents, error) {
	c, err := otter.New(&otter.Options[uint64, *document]{
		MaximumWeight: uint64(s.limits.CacheBytes),
		Weigher:       func(_ uint64, d *document) uint32 { return uint32(len(d.text)) + overhead/20 },
	})
	if err != nil {
		return nil, err
	}
	a, err := otter.New(&otter.Options[*document, []byte]{
		MaximumWeight: uint64(s.limits.CacheBytes),
		Weigher:       func(_ *document, b []byte) uint32 { return uint32(len(b)) },
	})
	return &documents{s, c, a}, err
}

// get gives the document of a text, from the cache or by parsing it. The text
// may be overwritten afterwards. Errors are those of the document, or one that
// says which limit it passes; of a document with errors only changes can be asked.
func (d *documents) get(text []byte) (*document, []gqlerrors.FormattedError) {
	h := xxh3.Hash(text)
	if doc, ok := d.cache.GetIfPresent(h); ok && doc.text == string(text) {
		d.s.met.cached.Inc()
		return doc, nil
	}
	doc, errs := d.s.compile(string(text))
	if errs == nil {
		d.cache.Set(h, doc)
	}
	return doc, errs
}

// compile takes a text through guards, parser and validation. graphql-go's
// parser lets some broken texts pass that its validation then falls over.
func (s *Server) compile(text string) (doc *document, errs []gqlerrors.FormattedError) {
	s.met.compiled.Inc()
	ctx := context.Background()
	defer func() {
		if v := recover(); v != nil {
			doc, errs = nil, s.limited(ctx, "panic", fault.New(fault.BadInput, "the document is not well-formed"))
		}
	}()
	if limit, err := scan(text, &s.limits); err != nil {
		return nil, s.limited(ctx, limit, err)
	}
	tree, err := parser.Parse(parser.ParseParams{Source: source.NewSource(&source.Source{Body: []byte(text), Name: "document"})})
	if err != nil {
		return nil, s.shown(ctx, gqlerrors.FormatErrors(err), true)
	}
	op, frags, limit, err := inspect(tree, &s.limits)
	if err != nil {
		return &document{tree: tree}, s.limited(ctx, limit, err)
	}
	// Validation of a nasty document takes a while: those that answer from kept
	// documents keep the other processors.
	s.compiling <- struct{}{}
	defer func() { <-s.compiling }()
	if v := graphql.ValidateDocument(&s.schema.Schema, tree, nil); !v.IsValid {
		const most = 10
		return nil, s.shown(ctx, v.Errors[:min(len(v.Errors), most)], true)
	}
	doc = &document{text: text, ast: tree, op: op}
	if op.Name != nil {
		doc.name = op.Name.Value
	}
	doc.shape = shapeOf([]*ast.SelectionSet{op.SelectionSet}, frags)
	doc.lookups = lookupsOf(op.SelectionSet, frags)
	doc.classify()
	doc.plan = s.planOf(op, frags)
	return doc, nil
}

// limited is the error of a guard.
func (s *Server) limited(ctx context.Context, limit string, err error) []gqlerrors.FormattedError {
	if limit != "" {
		s.met.limits.WithLabelValues(limit).Inc()
	}
	r := s.refuse(ctx, err)
	return []gqlerrors.FormattedError{{Message: r.message, Extensions: r.Extensions()}}
}

// classify tells by the root fields what a document asks.
func (d *document) classify() {
	d.public, d.checks, d.constant = true, true, len(d.op.VariableDefinitions) == 0
	reads := false
	defer func() { d.mixed = d.asks > 0 && reads }()
	for _, f := range d.shape.fields {
		switch f.name {
		case "__typename":
		case "__schema", "__type":
			d.checks = false
		case "check", "checks":
			d.asks++
			d.public, d.constant = false, false
		case "lists", "measures", "matters", "sources":
			d.checks, d.constant = false, false
		default:
			reads = true
			d.public, d.checks, d.constant = false, false, false
		}
	}
}

// badOperation is the error of a request that names an operation which the
// document doesn't have.
func (d *document) badOperation(name []byte) error {
	if len(name) == 0 || string(name) == d.name {
		return nil
	}
	return fault.New(fault.BadInput, "operationName: the document has no such operation")
}
