package refusal

import (
	"cmp"
	"runtime"
	"time"
)

// Limits bound what one request can cost. Zero values mean the defaults. Each
// refusal is counted by the name of its limit, but for page sizes, which are bad
// input.
type Limits struct {
	BodyBytes           int           // of a request's body, or of the query of a GET: 16 KiB
	Tokens              int           // of a document: 2,000
	Brackets            int           // depth of ( [ {: 16
	Operations          int           // in a document: 1
	Depth               int           // of fields: 8
	Fields              int           // with fragments spread out: 300
	Aliases             int           // with fragments spread out: 50
	Fragments           int           // definitions and inline fragments: 30
	Arguments           int           // of fields and directives: 100
	Elements            int           // of lists in a document, such as codes of checks: 600
	Keys                int           // of objects in a document, which no argument takes: 10
	Variables           int           // 30
	Directives          int           // 20
	Compiling           int           // documents that are validated at once: half of the processors
	Cost                int           // objects that the answer may hold, by page sizes: 5,000
	ChecksCost          int           // objects below checks, for which every answer is of the index: 25,000
	IntrospectionDepth  int           // 16
	IntrospectionFields int           // 2,000
	IntrospectionCost   int           // 30,000
	Checks              int           // codes of one checks: 500
	CheckHits           int           // hits of one check: 25,000
	Hits                int           // hits of all checks of a request, in equal shares of its check and checks: 100,000
	CaseNo              int           // bytes of a case number: 128
	AnswerBytes         int           // 8 MiB
	PublicReads         int           // documents of the public that are executed at once, others wait: as many as processors
	Deadline            time.Duration // of one request: 10 s
	CacheBytes          int           // texts of kept documents, and answers to introspection: 1 MiB each
	AuditCodes          int           // codes in one audit record: 500
}

// SetDefaults puts defaults where nothing is set.
func (l *Limits) SetDefaults() {
	l.BodyBytes = cmp.Or(l.BodyBytes, 16<<10)
	l.Tokens = cmp.Or(l.Tokens, 2000)
	l.Brackets = cmp.Or(l.Brackets, 16)
	l.Operations = cmp.Or(l.Operations, 1)
	l.Depth = cmp.Or(l.Depth, 8)
	l.Fields = cmp.Or(l.Fields, 300)
	l.Aliases = cmp.Or(l.Aliases, 50)
	l.Fragments = cmp.Or(l.Fragments, 30)
	l.Arguments = cmp.Or(l.Arguments, 100)
	l.Elements = cmp.Or(l.Elements, 600)
	l.Keys = cmp.Or(l.Keys, 10)
	l.Variables = cmp.Or(l.Variables, 30)
	l.Directives = cmp.Or(l.Directives, 20)
	l.Compiling = cmp.Or(l.Compiling, max(1, runtime.GOMAXPROCS(0)/2))
	l.Cost = cmp.Or(l.Cost, 5000)
	l.ChecksCost = cmp.Or(l.ChecksCost, 25_000)
	l.IntrospectionDepth = cmp.Or(l.IntrospectionDepth, 16)
	l.IntrospectionFields = cmp.Or(l.IntrospectionFields, 2000)
	l.IntrospectionCost = cmp.Or(l.IntrospectionCost, 30_000)
	l.Checks = cmp.Or(l.Checks, 500)
	l.CheckHits = cmp.Or(l.CheckHits, 25_000)
	l.Hits = cmp.Or(l.Hits, 100_000)
	l.CaseNo = cmp.Or(l.CaseNo, 128)
	l.AnswerBytes = cmp.Or(l.AnswerBytes, 8<<20)
	l.CacheBytes = cmp.Or(l.CacheBytes, 1<<20)
	l.AuditCodes = cmp.Or(l.AuditCodes, 500)
	l.PublicReads = cmp.Or(l.PublicReads, max(2, runtime.GOMAXPROCS(0)))
	l.Deadline = cmp.Or(l.Deadline, 10*time.Second)
}
