package gateway

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"credithub/schema/access"
	"credithub/schema/fault"
	"credithub/schema/record"
)

// maxFile bounds the rows of a file of rejections.
const maxFile = 20_000

// rejections answers GET /v1/rejections?since=&after=&limit=&unit=&domain=&kind=&format=.
func (g *Gateway) rejections(w http.ResponseWriter, r *http.Request) {
	who, err := g.reader(r)
	var ask RejectsQuery
	if err == nil {
		ask, err = g.askRejections(r, who)
	}
	if err != nil {
		g.refuse(w, r, who, actRejections, err)
		return
	}
	switch r.URL.Query().Get("format") {
	case "", "json":
		a, err := g.page(r, &ask)
		if err != nil {
			g.refuse(w, r, who, actRejections, err)
			return
		}
		g.respond(w, r, who, actRejections, "", http.StatusOK, a)
	case "csv":
		g.rejectsFile(w, r, who, &ask, "text/csv; charset=utf-8", "csv", writeCSV)
	case "xlsx":
		g.rejectsFile(w, r, who, &ask, xlsxType, "xlsx", writeXLSX)
	default:
		g.refuse(w, r, who, actRejections, fault.New(fault.BadInput, "the parameter format must be json, csv or xlsx"))
	}
}

// askRejections reads the parameters and keeps a reader to what it may see.
func (g *Gateway) askRejections(r *http.Request, who access.Principal) (ask RejectsQuery, err error) {
	q := r.URL.Query()
	ask = RejectsQuery{Unit: q.Get("unit"), Domain: q.Get("domain"), Kind: q.Get("kind"), Limit: g.Limits.Page}
	if err = ask.restrict(who); err != nil {
		return ask, err
	}
	if ask.Domain != "" && record.ParseDomain(ask.Domain) == record.NoDomain {
		return ask, fault.New(fault.BadInput, "the parameter domain names no domain of the catalogue")
	}
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > g.Limits.Page {
			return ask, fault.New(fault.BadInput, "the parameter limit must be 1 … %d rows a page", g.Limits.Page)
		}
		ask.Limit = n
	}
	if ask.Since, err = parseSince(q.Get("since")); err != nil {
		return ask, err
	}
	ask.After, err = parseCursor(q.Get("after"))
	return ask, err
}

// fetch reads a page of rows and the cursor of the next; nil on the last.
func (g *Gateway) fetch(ctx context.Context, ask RejectsQuery) ([]Refused, *Cursor, error) {
	ctx, cancel := context.WithTimeout(ctx, g.Limits.HistoryWait)
	defer cancel()
	most := ask.Limit
	ask.Limit++
	all, err := g.History.Rejections(ctx, &ask)
	if err != nil {
		return nil, nil, away(err)
	}
	if len(all) <= most {
		return all, nil, nil
	}
	return all[:most], &all[most-1].At, nil
}

// page is an answer in JSON: every finding with its row.
func (g *Gateway) page(r *http.Request, ask *RejectsQuery) (*RejectionsResponse, error) {
	rows, next, err := g.fetch(r.Context(), *ask)
	if err != nil {
		return nil, err
	}
	a := &RejectionsResponse{Rejections: []Rejection{}}
	if next != nil {
		a.Next = next.String()
	}
	zh := chinese(r)
	for i := range rows {
		if zh {
			speakChinese(rows[i].Findings)
		}
		for _, f := range rows[i].Findings {
			x := rows[i].Rejection
			x.Finding = f
			a.Rejections = append(a.Rejections, x)
		}
	}
	return a, nil
}

// rejectsFile answers with a file of all rows that are asked for, of one kind and
// under one header, with the reasons in columns of their own: mended, it can be pushed
// again.
func (g *Gateway) rejectsFile(w http.ResponseWriter, r *http.Request, who access.Principal, ask *RejectsQuery, media, ending string,
	write func(header []string, rows [][]string) ([]byte, error)) {
	rows, err := g.all(r, ask)
	var b []byte
	if err == nil {
		b, err = write(arrange(rows, chinese(r)))
	}
	if err != nil {
		g.refuse(w, r, who, actRejections, err)
		return
	}
	w.Header().Set("Content-Disposition", `attachment; filename="rejections.`+ending+`"`)
	g.send(w, r, who, actRejections, "", http.StatusOK, media, b)
}

// all reads page after page.
func (g *Gateway) all(r *http.Request, ask *RejectsQuery) (rows []Refused, err error) {
	q := *ask
	for {
		page, next, err := g.fetch(r.Context(), q)
		if err != nil {
			return nil, err
		}
		rows = append(rows, page...)
		switch {
		case next == nil:
			return rows, oneKind(rows)
		case len(rows) >= maxFile:
			return nil, fault.New(fault.TooLarge, "more than %d rows were rejected since: ask with a later since, or for format=json in pages", maxFile)
		}
		q.After = next
	}
}

// oneKind refuses rows of several kinds: a table has the columns of one.
func oneKind(rows []Refused) error {
	var kinds []string
	for i := range rows {
		k := "domain=" + rows[i].Domain + "&kind=" + rows[i].Kind
		if rows[i].Kind == "" {
			k = "format=json (rows whose kind could not be read)"
		}
		if !contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) < 2 {
		return nil
	}
	return fault.New(fault.BadInput, "the rows are of several kinds, and a table has the columns of one: ask for each, %s", strings.Join(kinds, ", "))
}

func contains(all []string, s string) bool {
	for _, x := range all {
		if x == s {
			return true
		}
	}
	return false
}
