package engine

import (
	"crypto/subtle"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"

	"credithub/deploy/embedded/engine/chdb"
)

// request is one statement as a client asked for it.
type request struct {
	sql      string
	database string
	format   string
	queryID  string
	params   []chdb.Param
	settings []string // "--name=value"
	readonly bool
	body     io.Reader // data of an INSERT, decompressed; nil without

	hello bool // client_protocol_version was named

	compress    bool // ClickHouse's own frames, of the response
	method      string
	acceptCoded bool // HTTP content coding of the response is welcome
}

// authenticate accepts the one user by header, basic authentication or query.
func (s *server) authenticate(r *http.Request, q url.Values) bool {
	user, pass := r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	if user == "" {
		if u, p, ok := r.BasicAuth(); ok {
			user, pass = u, p
		} else {
			user, pass = q.Get("user"), q.Get("password")
		}
	}
	okUser := subtle.ConstantTimeCompare([]byte(user), []byte(User))
	okPass := subtle.ConstantTimeCompare([]byte(pass), []byte(s.cfg.Password))
	return okUser&okPass == 1
}

// parse reads everything but the data of an INSERT.
func (s *server) parse(w http.ResponseWriter, r *http.Request, q url.Values) (*request, error) {
	req := &request{database: Database, format: "TabSeparated"}
	if ct := r.Header.Get("Content-Type"); strings.HasPrefix(ct, "multipart/form-data") {
		return nil, fault(codeNotImplemented, "external tables are not supported by the embedded engine")
	}
	for _, v := range []string{q.Get("database"), r.Header.Get("X-ClickHouse-Database")} {
		if v != "" {
			req.database = v
		}
	}
	for _, v := range []string{r.Header.Get("X-ClickHouse-Format"), q.Get("default_format")} {
		if v != "" {
			req.format = v
		}
	}
	if !isWord(req.format) {
		return nil, fault(codeBadArguments, "default_format is no name of a format")
	}
	req.queryID = q.Get("query_id")
	req.hello = q.Get("client_protocol_version") != ""
	req.readonly = r.Method == http.MethodGet || r.Method == http.MethodHead
	if err := s.readSettings(req, q); err != nil {
		return nil, err
	}
	body, err := requestBody(r, q.Get("decompress") == "1")
	if err != nil {
		return nil, err
	}
	req.sql = q.Get("query")
	if req.sql != "" {
		req.body = body
		return req, nil
	}
	b, err := io.ReadAll(io.LimitReader(body, s.cfg.MaxQueryBytes+1))
	if err != nil {
		return nil, fault(codeBadArguments, "request body can't be read: %v", err)
	}
	if int64(len(b)) > s.cfg.MaxQueryBytes {
		return nil, fault(codeTooLong, "statement is longer than %d bytes; send data as the body and the statement as parameter query", s.cfg.MaxQueryBytes)
	}
	req.sql = string(b)
	return req, nil
}

// readSettings sorts the query parameters into parameters of the statement,
// matters of the transport, and settings, which must be on the list.
func (s *server) readSettings(req *request, q url.Values) error {
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		v := q.Get(name)
		if p, ok := strings.CutPrefix(name, "param_"); ok {
			req.params = append(req.params, chdb.Param{Name: p, Value: v})
			continue
		}
		if _, ok := transport[name]; ok {
			continue
		}
		if err := checkSetting(name, v); err != nil {
			return err
		}
		if name == "readonly" {
			req.readonly = req.readonly || v != "0"
			continue
		}
		req.settings = append(req.settings, "--"+name+"="+s.bound(name, v))
	}
	if id := q.Get("session_id"); id != "" {
		return fault(codeNotImplemented, "sessions are not supported by the embedded engine")
	}
	req.compress = q.Get("compress") == "1"
	req.method = strings.ToUpper(q.Get("network_compression_method"))
	req.acceptCoded = q.Get("enable_http_compression") == "1"
	return nil
}

// bound lowers a setting to what the configuration grants; 0 means "no limit"
// to the engine and so the limit here.
func (s *server) bound(name, v string) string {
	var limit float64
	switch name {
	case "max_execution_time":
		limit = s.cfg.MaxExecution.Seconds()
	case "max_memory_usage":
		limit = float64(s.cfg.QueryMemory)
	default:
		return v
	}
	n, err := strconv.ParseFloat(v, 64)
	switch {
	case err == nil && (n <= 0 || n > limit):
		return strconv.FormatInt(int64(limit), 10)
	case err == nil && n < 1:
		return "1"
	}
	return v
}
