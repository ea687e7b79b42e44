// Package fields is everything that can be asked: schema.graphql as graphql-go's
// types, and for each of its fields how it is answered. The two can't differ: a
// field without an answer, and an answer without a field, are errors at start. Who
// may see a field is for the access table to say, and is asked before each.
package fields

import (
	"context"
	"time"

	gql "github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"

	"credithub/query/graph/answer"
	"credithub/query/graph/check"
	"credithub/query/graph/refusal"
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
	Desk   *check.Desk
	Views  *view.Views
	Index  Index
	Store  Store
	Policy *policy.Policy
	Access view.Access
	Refuse *refusal.Maker
	Limits *refusal.Limits
}

// Schema is what can be asked.
type Schema struct {
	Config
	*sdlSchema
}

// New makes the schema. It fails when schema.graphql and the resolvers don't fit
// each other.
func New(c Config) (*Schema, error) {
	s := &Schema{Config: c}
	bind := newBinding(s)
	var err error
	if s.sdlSchema, err = buildSchema(graphql.SDL(), bind.resolver); err != nil {
		return nil, err
	}
	return s, bind.unused()
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
	Shape     *answer.Shape
	Variables map[string]any
}

// Execute answers an operation by graphql-go. started is false when nothing was
// resolved because the request is faulty. When ctx has ended resolvers may still be
// at work, and nothing of theirs is given: ok is false.
func (s *Schema) Execute(ctx context.Context, o *Operation, sc *Scope) (data map[string]any, errs []gqlerrors.FormattedError, started, ok bool) {
	res := gql.Execute(gql.ExecuteParams{
		Schema: s.Schema, Root: s.sdlSchema, AST: o.Document, OperationName: o.Name, Args: o.Variables,
		Context: context.WithValue(ctx, scopeKey{}, sc),
	})
	if ctx.Err() != nil {
		return nil, nil, true, false
	}
	data, _ = res.Data.(map[string]any)
	if data == nil && !refusal.Started(res.Errors) {
		return nil, s.Refuse.Shown(ctx, res.Errors, true), false, true
	}
	errs = s.Refuse.Shown(ctx, res.Errors, false)
	if data != nil {
		data = s.takeOut(data, o.Shape, sc.failed)
		for i := range sc.failed {
			errs = append(errs, sc.failed[i].err)
		}
	}
	inOrder(errs, o.Shape)
	return data, errs, true, true
}
