package graph

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"credithub/query/restrict"
	"credithub/query/view"
	"credithub/schema/access"
	"credithub/schema/graphql"
	"credithub/schema/policy"
)

// Server is the endpoint. It is an http.Handler for POST and GET.
type Server struct {
	index    Index
	store    Store
	policy   *policy.Policy
	access   view.Access
	verifier Verifier
	auditor  Auditor

	compiling chan struct{} // one for each document that is being validated
	public    chan struct{} // one for each document of the public that is being executed
	limiter   Limiter
	strangers Limiter
	quota     Quota
	limits    Limits
	now       func() time.Time
	log       *slog.Logger

	views   *view.Views
	schema  *sdlSchema
	docs    *documents
	met     *metrics
	scratch sync.Pool // *exchange
}

// New makes the endpoint. It fails when schema.graphql, the resolvers and the
// access table don't fit each other.
func New(c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.Limits.setDefaults()
	s := &Server{
		index: c.Index, store: c.Store, policy: c.Policy, access: c.Access, verifier: c.Verifier, auditor: c.Auditor,
		limiter: c.Limiter, strangers: c.Strangers, quota: c.Quota, limits: c.Limits, now: c.Now, log: c.Logger,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	var err error
	if s.views, err = view.New(view.Config{Store: c.Store, Access: c.Access, Policy: c.Policy, Index: c.Index, Grade: c.Grade}); err != nil {
		return nil, err
	}
	bind := newBinding(s)
	if s.schema, err = buildSchema(graphql.SDL(), bind.resolver); err != nil {
		return nil, err
	}
	if err := bind.unused(); err != nil {
		return nil, err
	}
	if s.met, err = newMetrics(c.Metrics); err != nil {
		return nil, fmt.Errorf("graph: metrics: %w", err)
	}
	s.compiling = make(chan struct{}, s.limits.Compiling)
	s.public = make(chan struct{}, s.limits.PublicReads)
	if s.docs, err = newDocuments(s); err != nil {
		return nil, fmt.Errorf("graph: documents: %w", err)
	}
	s.scratch.New = func() any { return newExchange() }
	return s, nil
}

// Views gives the readers that the endpoint answers with, for the site.
func (s *Server) Views() *view.Views { return s.views }

// exchange is everything that one request needs and the next can use again.
type exchange struct {
	in       []byte // body
	text     []byte // unescaped texts
	out      []byte // answer
	errs     []byte // errors of single places
	req      request
	vars     []bound
	question question
	reply    reply
	many     []restrict.Decision
	facts    []byte // what the digest is made of

	principal access.Principal
	peer      string // address of an anonymous caller
	media     media
	now       time.Time
}

func newExchange() *exchange {
	return &exchange{in: make([]byte, 0, 4<<10), text: make([]byte, 0, 1<<10), out: make([]byte, 0, 2<<10)}
}

// most that an exchange may keep between requests; hits of each decision.
const (
	keepBytes = 1 << 20
	keepHits  = 64
)

// settle takes the decisions of the last answer apart that share memory, and lets
// go what has grown large.
func (x *exchange) settle() {
	for i := range x.reply.decisions {
		if d := &x.reply.decisions[i]; x.question.again(i) || cap(d.Hits) > keepHits {
			*d = restrict.Decision{}
		}
	}
	x.reply.decisions = nil
}

// release makes an exchange ready for the next request, or leaves it to the
// garbage collector when it has grown large.
func (s *Server) release(x *exchange) {
	if cap(x.in)+cap(x.text)+cap(x.out)+cap(x.errs)+cap(x.facts) > keepBytes {
		return
	}
	x.settle()
	x.in, x.text, x.out, x.facts = x.in[:0], x.text[:0], x.out[:0], x.facts[:0]
	x.req.reset()
	x.principal, x.peer = access.Principal{}, ""
	s.scratch.Put(x)
}

var _ http.Handler = (*Server)(nil)
