// Package document takes the text of a GraphQL document through the guards that
// graphql-go lacks: tokens and brackets of the text before it is parsed; fragments,
// depth, fields, aliases and cost of the tree before it is validated; validation.
// What passed is kept with its plan and the order of its answer.
package document

import (
	"context"
	"fmt"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/parser"
	"github.com/graphql-go/graphql/language/source"
	"github.com/maypok86/otter/v2"
	"github.com/zeebo/xxh3"

	"credithub/query/graph/metrics"
	"credithub/query/graph/plan"
	"credithub/query/graph/refusal"
	"credithub/query/graph/response"
	"credithub/schema/fault"
)

// Document is a text that passed all guards and validation.
type Document struct {
	AST   *ast.Document
	Op    *ast.OperationDefinition
	Shape *response.Shape // of the answer, in the order of the text
	Plan  *plan.Plan      // nil: only Execute answers it

	Public   bool // asks nothing but introspection and catalogues
	Checks   bool // asks nothing but check and checks
	Asks     int  // fields check and checks at its root
	Mixed    bool // asks checks and for what is read of the store beside them
	Constant bool // asks introspection only, without variables: its answer is kept

	text    string
	lookups []lookup      // of enterprises, at its root
	tree    *ast.Document // of one that passed no guard, for its operations alone
}

// Name is that of the operation, "" when it has none.
func (d *Document) Name() string {
	if d.Op.Name == nil {
		return ""
	}
	return d.Op.Name.Value
}

// Changes tells whether the operation of a request does more than query, in a
// document that is not executed for it.
func (d *Document) Changes(operation []byte) bool {
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

// Config of a Cache. All fields are required but one.
type Config struct {
	Schema  *graphql.Schema
	Refuse  *refusal.Maker
	Metrics *metrics.Counters
	Limits  *refusal.Limits

	// Compile makes the plan of a validated operation, nil where there is none. No
	// document has one when it is nil.
	Compile func(*ast.OperationDefinition, map[string]*ast.FragmentDefinition) *plan.Plan
}

// Cache keeps what was parsed and validated, by the hash of its text.
type Cache struct {
	Config
	compiling chan struct{} // one for each document that is being validated
	documents *otter.Cache[uint64, *Document]
	answers   *otter.Cache[*Document, []byte] // of constant documents
}

// overhead is about what a kept document takes besides 20 times its text.
const overhead = 2 << 10

// New makes a cache.
func New(c Config) (*Cache, error) {
	documents, err := otter.New(&otter.Options[uint64, *Document]{
		MaximumWeight: uint64(c.Limits.CacheBytes),
		Weigher:       func(_ uint64, d *Document) uint32 { return uint32(len(d.text)) + overhead/20 },
	})
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	answers, err := otter.New(&otter.Options[*Document, []byte]{
		MaximumWeight: uint64(c.Limits.CacheBytes),
		Weigher:       func(_ *Document, b []byte) uint32 { return uint32(len(b)) },
	})
	if err != nil {
		return nil, fmt.Errorf("documents: answers: %w", err)
	}
	return &Cache{c, make(chan struct{}, c.Limits.Compiling), documents, answers}, nil
}

// Answer gives the answer to a constant document when it is kept.
func (d *Cache) Answer(doc *Document) ([]byte, bool) { return d.answers.GetIfPresent(doc) }

// KeepAnswer keeps a copy of it.
func (d *Cache) KeepAnswer(doc *Document, b []byte) { d.answers.Set(doc, append([]byte(nil), b...)) }

// Get gives the document of a text, from the cache or by parsing it. The text
// may be overwritten afterwards. Errors are those of the document, or one that
// says which limit it passes; of a document with errors only Changes can be asked.
func (d *Cache) Get(text []byte) (*Document, []refusal.Told) {
	h := xxh3.Hash(text)
	if doc, ok := d.documents.GetIfPresent(h); ok && doc.text == string(text) {
		d.Metrics.Cached.Inc()
		return doc, nil
	}
	doc, errs := d.compile(string(text))
	if errs == nil {
		d.documents.Set(h, doc)
	}
	return doc, errs
}

// compile takes a text through guards, parser and validation. graphql-go's
// parser lets some broken texts pass that its validation then falls over.
func (d *Cache) compile(text string) (doc *Document, errs []refusal.Told) {
	d.Metrics.Compiled.Inc()
	ctx := context.Background()
	defer func() {
		if v := recover(); v != nil {
			doc, errs = nil, d.Refuse.Limited(ctx, "panic", fault.New(fault.BadInput, "the document is not well-formed"))
		}
	}()
	if limit, err := scan(text, d.Limits); err != nil {
		return nil, d.Refuse.Limited(ctx, limit, err)
	}
	tree, err := parser.Parse(parser.ParseParams{Source: source.NewSource(&source.Source{Body: []byte(text), Name: "document"})})
	if err != nil {
		return nil, d.Refuse.Shown(ctx, gqlerrors.FormatErrors(err), true)
	}
	op, frags, limit, err := inspect(tree, d.Limits)
	if err != nil {
		return &Document{tree: tree}, d.Refuse.Limited(ctx, limit, err)
	}
	// Validation of a nasty document takes a while: those that answer from kept
	// documents keep the other processors.
	d.compiling <- struct{}{}
	defer func() { <-d.compiling }()
	if v := graphql.ValidateDocument(d.Schema, tree, nil); !v.IsValid {
		const most = 10
		return nil, d.Refuse.Shown(ctx, v.Errors[:min(len(v.Errors), most)], true)
	}
	doc = &Document{text: text, AST: tree, Op: op, Shape: response.ShapeOf([]*ast.SelectionSet{op.SelectionSet}, frags), lookups: lookupsOf(op.SelectionSet, frags)}
	doc.classify()
	if d.Compile != nil {
		doc.Plan = d.Compile(op, frags)
	}
	return doc, nil
}

// catalogues are the root fields that show the tables of the hub and nothing about any
// subject: they take no slot of the public, and are not in the audit log.
var catalogues = map[string]bool{"lists": true, "measures": true, "matters": true, "purposes": true, "sources": true}

// classify tells by the root fields what a document asks.
func (d *Document) classify() {
	d.Public, d.Checks, d.Constant = true, true, len(d.Op.VariableDefinitions) == 0
	reads := false
	defer func() { d.Mixed = d.Asks > 0 && reads }()
	for _, f := range d.Shape.Fields {
		switch f.Name {
		case "__typename":
		case "__schema", "__type":
			d.Checks = false
		case "check", "checks":
			d.Asks++
			d.Public, d.Constant = false, false
		default:
			if catalogues[f.Name] {
				d.Checks, d.Constant = false, false
				break
			}
			reads = true
			d.Public, d.Checks, d.Constant = false, false, false
		}
	}
}

// BadOperation is the error of a request that names an operation which the
// document doesn't have.
func (d *Document) BadOperation(name []byte) error {
	if len(name) == 0 || string(name) == d.Name() {
		return nil
	}
	return fault.New(fault.BadInput, "operationName: the document has no such operation")
}
