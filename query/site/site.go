package site

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/limit"
	"credithub/schema/fault"
	"credithub/schema/graphql"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed assets/site.css
var css []byte

// Limiter says whether a visitor may ask again.
type Limiter interface {
	Allow(key string) (wait time.Duration, ok bool)
}

// Quota bounds what a visitor looks up, by address.
type Quota interface {
	Take(key string, n int) (wait time.Duration, ok bool)
}

// Footer is what the law wants at the foot of a government site; what is empty
// is printed as "to be filled in".
type Footer struct {
	Organiser, Operator, Phone, SiteCode, ICP, Police string
}

// Config of the site.
type Config struct {
	View    View // required; see Over
	Footer  Footer
	Demo    bool // says so on each page
	Limiter Limiter
	Quota   Quota // of look-ups; nil: none
	// Deadline bounds the making of a page; 5 s when zero.
	Deadline time.Duration
	Logger   *slog.Logger
	Metrics  prometheus.Registerer
}

// Site is the handler.
type Site struct {
	view     View
	footer   Footer
	demo     bool
	limiter  Limiter
	quota    Quota
	deadline time.Duration
	log      *slog.Logger
	pages    [2]map[string]*template.Template // by language
	css      string                           // path
	mux      *http.ServeMux
	answers  *prometheus.CounterVec
}

// languages in the order of Site.pages.
const (
	zh = iota
	en
)

// New makes the site.
func New(c Config) (*Site, error) {
	if c.View == nil {
		return nil, errors.New("site: configuration: no view")
	}
	s := &Site{view: c.View, footer: c.Footer, demo: c.Demo, limiter: c.Limiter, quota: c.Quota,
		deadline: cmp.Or(c.Deadline, 5*time.Second), log: cmp.Or(c.Logger, slog.Default())}
	sum := sha256.Sum256(css)
	s.css = "/assets/site." + hex.EncodeToString(sum[:6]) + ".css"
	for lang := range s.pages {
		var err error
		if s.pages[lang], err = parse(lang); err != nil {
			return nil, fmt.Errorf("site: %w", err)
		}
	}
	s.answers = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "credithub_site_answers_total", Help: "Pages answered, by page and status."}, []string{"page", "status"})
	if c.Metrics != nil {
		if err := c.Metrics.Register(s.answers); err != nil {
			return nil, fmt.Errorf("site: metrics: %w", err)
		}
	}
	s.routes()
	return s, nil
}

// routes lists every address of the site.
func (s *Site) routes() {
	s.mux = http.NewServeMux()
	for _, r := range []struct {
		path, name string
		f          func(*page) error
	}{
		{"/{$}", "home", s.home}, {"/search", "search", s.search}, {"/e/{uscc}", "entity", s.entity}, {"/lists", "lists", s.lists},
		{"/measures", "measures", s.measures}, {"/matters", "matters", s.matters}, {"/sources", "sources", s.sources}, {"/docs", "docs", s.docs},
	} {
		s.mux.Handle("GET "+r.path, s.page(r.name, zh, r.f))
		s.mux.Handle("GET /en"+r.path, s.page(r.name, en, r.f))
	}
	s.mux.Handle("GET /en", http.RedirectHandler("/en/", http.StatusMovedPermanently))
	s.mux.HandleFunc("GET "+s.css, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		text(w, "text/css; charset=utf-8", css)
	})
	s.mux.HandleFunc("GET /schema.graphql", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=300")
		text(w, "text/plain; charset=utf-8", []byte(graphql.SDL()))
	})
	s.mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		text(w, "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /e/\nDisallow: /en/e/\nDisallow: /search\nDisallow: /en/search\n"))
	})
	missing := func(p *page) error { return fault.New(fault.NotFound, "") }
	s.mux.Handle("/", s.page("none", zh, missing))
	s.mux.Handle("/en/", s.page("none", en, missing))
}

func text(w http.ResponseWriter, kind string, b []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
}

// policyHeader lets a page load the style sheet and nothing else.
const policyHeader = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP answers one request.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policyHeader)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		s.page("none", language(r.URL.Path), func(*page) error { return errMethod }).ServeHTTP(w, r)
		return
	}
	if mode := r.URL.Query().Get("mode"); mode == "elder" || mode == "standard" {
		s.setMode(w, r, mode)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func language(path string) int {
	if path == "/en" || strings.HasPrefix(path, "/en/") {
		return en
	}
	return zh
}

// modeCookie remembers large print.
const modeCookie = "mode"

// setMode keeps the choice of print and goes back to the same local page without
// the parameter.
func (s *Site) setMode(w http.ResponseWriter, r *http.Request, mode string) {
	q := r.URL.Query()
	q.Del("mode")
	target := "/" + strings.TrimLeft(r.URL.EscapedPath(), "/\\")
	if e := q.Encode(); e != "" {
		target += "?" + e
	}
	http.SetCookie(w, &http.Cookie{Name: modeCookie, Value: mode, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// allowed asks the limiter for a visitor's address.
func (s *Site) allowed(r *http.Request) (time.Duration, bool) {
	if s.limiter == nil {
		return 0, true
	}
	return s.limiter.Allow(limit.Address(r))
}

// failure logs what a visitor doesn't need to know.
func (s *Site) failure(ctx context.Context, name string, err error) {
	s.log.LogAttrs(ctx, slog.LevelWarn, "page failed", slog.String("page", name), slog.String("cause", err.Error()))
}
