package site

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"credithub/deploy/platform/limit"
	"credithub/query/view"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/policy"
	"credithub/schema/uscc"
)

// page is one page being made.
type page struct {
	r      *http.Request
	ctx    context.Context
	w      http.ResponseWriter
	lang   int
	name   string // of the template
	status int
	model  model
	moved  string // address to go to instead
}

// model is what templates get.
type model struct {
	CSS, Path, Other string // of the page in the other language
	Base             string // "" or "/en"
	Elder, Demo      bool
	Footer           Footer
	Now              time.Time
	Today            civil.Date

	Query    string
	Personal bool // the query looked like an identity number
	Results  *Results
	Entity   *Entity
	Policy   *policy.Policy
	Sources  []Source
	Late     int
	Problem  problem
}

// problem says what went wrong: a word of the dictionary and when to go on.
type problem struct {
	Key   string
	After int
}

var errMethod = errors.New("method not allowed")

// page makes the handler of one page.
func (s *Site) page(name string, lang int, f func(*page) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.deadline)
		defer cancel()
		p := &page{r: r, w: w, ctx: ctx, lang: lang, name: name, status: http.StatusOK}
		p.model = s.base(r, lang)
		err := error(nil)
		if wait, ok := s.allowed(r); !ok {
			p.model.Problem.After = limit.Seconds(wait)
			err = fault.New(fault.TooMany, "")
		} else {
			err = f(p)
		}
		if err != nil {
			s.fail(p, err)
		}
		s.answers.WithLabelValues(name, strconv.Itoa(p.status)).Inc()
		if p.moved != "" && err == nil {
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, p.moved, http.StatusSeeOther)
			return
		}
		s.write(p)
	})
}

func (s *Site) base(r *http.Request, lang int) model {
	path := "/" + strings.TrimLeft(r.URL.Path, "/")
	m := model{CSS: s.css, Path: path, Demo: s.demo, Footer: s.footer, Now: s.view.Now(), Today: s.view.Today(), Policy: s.view.Policy()}
	if lang == en {
		m.Base, m.Other = "/en", "/"+strings.TrimLeft(strings.TrimPrefix(path, "/en"), "/")
	} else {
		m.Other = "/en" + path
	}
	if c, err := r.Cookie(modeCookie); err == nil && c.Value == "elder" {
		m.Elder = true
	}
	return m
}

// fail turns a page into a problem page.
func (s *Site) fail(p *page, err error) {
	var f *fault.Error
	p.name, p.moved = "problem", ""
	h := p.w.Header()
	switch {
	case errors.Is(err, errMethod):
		p.status, p.model.Problem.Key = http.StatusMethodNotAllowed, "method"
	case errors.As(err, &f) && f.Kind == fault.NotFound:
		p.status, p.model.Problem.Key = http.StatusNotFound, "missing"
		// Nothing of the address is repeated, in no link either.
		p.model.Path, p.model.Other = p.model.Base+"/", map[int]string{zh: "/en/", en: "/"}[p.lang]
	case errors.As(err, &f) && f.Kind == fault.TooMany:
		p.status, p.model.Problem.Key = http.StatusTooManyRequests, "throttled"
		h.Set("Retry-After", strconv.Itoa(p.model.Problem.After))
	case errors.As(err, &f) && f.Kind == fault.BadInput:
		p.status, p.model.Problem.Key = http.StatusBadRequest, "input"
	case errors.As(err, &f) && (f.Kind == fault.Unavailable || f.Kind == fault.Timeout):
		p.status, p.model.Problem.Key = http.StatusServiceUnavailable, "away"
		h.Set("Retry-After", "5")
		s.failure(p.ctx, p.name, err)
	default:
		p.status, p.model.Problem.Key = http.StatusInternalServerError, "internal"
		s.failure(p.ctx, p.name, err)
	}
}

// write sends the page, whole or not at all.
func (s *Site) write(p *page) {
	var b bytes.Buffer
	if err := s.pages[p.lang][p.name].Execute(&b, &p.model); err != nil {
		s.failure(p.ctx, p.name, err)
		http.Error(p.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := p.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", [...]string{"zh-CN", "en"}[p.lang])
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Cookie")
	if p.name == "entity" || p.name == "search" || p.status != http.StatusOK {
		h.Set("X-Robots-Tag", "noindex")
	}
	p.w.WriteHeader(p.status)
	_, _ = p.w.Write(b.Bytes())
}

func (s *Site) home(p *page) error {
	s.freshness(p)
	return nil
}

func (s *Site) freshness(p *page) {
	p.model.Sources = s.view.Sources()
	for _, x := range p.model.Sources {
		if !x.Fresh && x.Connected { // nobody waits for one that isn't connected
			p.model.Late++
		}
	}
}

// lookUp takes one look-up of the visitor's.
func (s *Site) lookUp(p *page) error {
	if s.quota == nil {
		return nil
	}
	wait, ok := s.quota.Take(limit.Address(p.r), 1)
	if !ok {
		p.model.Problem.After = limit.Seconds(wait)
		return fault.New(fault.TooMany, "")
	}
	return nil
}

// search shows results. What looks like an identity number is taken out of the
// address before anything else.
func (s *Site) search(p *page) error {
	q := p.r.URL.Query()
	p.model.Query = strings.TrimSpace(q.Get("q"))
	p.model.Personal = q.Get("note") == "personal"
	code := uscc.Fold(p.model.Query)
	v := uscc.Check([]byte(code))
	switch {
	case p.model.Query == "":
		return nil
	case v.Personal || !v.Valid() && view.Personal(p.model.Query):
		p.moved = p.model.Base + "/search?note=personal"
		return nil
	}
	if err := s.lookUp(p); err != nil {
		return err
	}
	if v.Valid() {
		e, err := s.view.Entity(p.ctx, code)
		if err != nil {
			return err
		}
		if e != nil {
			p.moved = p.model.Base + "/e/" + code
			return nil
		}
		p.model.Results = &Results{}
		return nil
	}
	var err error
	p.model.Results, err = s.view.Search(p.ctx, p.model.Query, q.Get("after"))
	return err
}

// entity shows the public file. A code that is none, an unknown one and one
// about which nothing is public are the same to a visitor.
func (s *Site) entity(p *page) error {
	raw := p.r.PathValue("uscc")
	code := uscc.Fold(raw)
	v := uscc.Check([]byte(code))
	if !v.Valid() {
		return fault.New(fault.NotFound, "")
	}
	if raw != code && !v.Personal { // which is never written; to the view it is nobody's
		p.moved = p.model.Base + "/e/" + code
		return nil
	}
	if err := s.lookUp(p); err != nil {
		return err
	}
	e, err := s.view.Entity(p.ctx, code)
	if err != nil {
		return err
	}
	if e == nil {
		return fault.New(fault.NotFound, "")
	}
	p.model.Entity = e
	s.freshness(p)
	return nil
}

func (s *Site) lists(*page) error    { return nil }
func (s *Site) measures(*page) error { return nil }
func (s *Site) matters(*page) error  { return nil }
func (s *Site) docs(*page) error     { return nil }

func (s *Site) sources(p *page) error {
	s.freshness(p)
	return nil
}
