package engine

import (
	"slices"
	"strings"

	"credithub/deploy/embedded/engine/chdb"
)

// token is a word of a statement: a bare or quoted identifier or a number.
// Strings, comments and punctuation are skipped by the lexer.
type token struct {
	text   string
	start  int // offset of its first byte
	end    int // offset after its last byte
	quoted bool
}

func (t token) is(word string) bool { return !t.quoted && strings.EqualFold(t.text, word) }

// lex yields the words of sql. It stops early at the data of an
// `INSERT … FORMAT x`, and reports ok=false for an unfinished string or
// comment: such a text is for the engine's parser to refuse, never to run.
func lex(sql string) (words []token, ok bool) {
	insert := false
	for i := 0; i < len(sql); {
		c := sql[i]
		switch {
		case c == '\'':
			if i = skipQuoted(sql, i); i < 0 {
				return words, false
			}
		case c == '"' || c == '`':
			j := skipQuoted(sql, i)
			if j < 0 {
				return words, false
			}
			words = append(words, token{unquote(sql[i+1:j-1], c), i, j, true})
			i = j
		case strings.HasPrefix(sql[i:], "--") || c == '#' && i+1 < len(sql) && (sql[i+1] == ' ' || sql[i+1] == '!'):
			n := strings.IndexByte(sql[i:], '\n')
			if n < 0 {
				return words, true
			}
			i += n + 1
		case strings.HasPrefix(sql[i:], "/*"):
			n := strings.Index(sql[i+2:], "*/")
			if n < 0 {
				return words, false
			}
			i += n + 4
		case c == '$':
			n := strings.IndexByte(sql[i+1:], '$')
			if n < 0 || n > 0 && !isWord(sql[i+1:i+1+n]) {
				i++
				continue
			}
			tag := sql[i : i+n+2]
			m := strings.Index(sql[i+len(tag):], tag)
			if m < 0 {
				i++
				continue
			}
			i += len(tag) + m + len(tag)
		case isIdent(c) || c >= 0x80:
			j := i + 1
			for j < len(sql) && (isIdent(sql[j]) || sql[j] >= 0x80) {
				j++
			}
			words = append(words, token{sql[i:j], i, j, false})
			i = j
			if len(words) == 1 {
				insert = words[0].is("INSERT")
			} else if insert && words[len(words)-2].is("FORMAT") && !words[len(words)-1].is("VALUES") {
				return words, true
			}
		default:
			i++
		}
	}
	return words, true
}

// skipQuoted returns the offset after the quoted text that begins at i, -1 if
// it doesn't end.
func skipQuoted(s string, i int) int {
	q := s[i]
	for j := i + 1; j < len(s); j++ {
		switch s[j] {
		case '\\':
			j++
		case q:
			if j+1 < len(s) && s[j+1] == q {
				j++
				continue
			}
			return j + 1
		}
	}
	return -1
}

func unquote(s string, q byte) string {
	if !strings.ContainsAny(s, "\\\"`") {
		return s
	}
	return strings.NewReplacer(string([]byte{q, q}), string(q), "\\", "").Replace(s)
}

// forbidden words reach files of the process although the engine's grants
// don't know them: the function file reads any file, INFILE and OUTFILE are
// done by the client half of the library.
var forbidden = []string{"file", "infile", "outfile", "catboostEvaluate"}

// gate says whether a statement may run at all. What it lets pass is still
// bounded by the engine's grants.
func gate(sql string, words []token, a chdb.Analysis, req *request) error {
	if a.Statements == 0 || a.Class == chdb.Unknown {
		return nil // the engine's parser explains what is wrong with it
	}
	if a.Statements != 1 {
		return fault(codeSyntax, "Multi-statements are not allowed")
	}
	for _, w := range words {
		for _, f := range forbidden {
			if strings.EqualFold(w.text, f) {
				return fault(codeAccessDenied, "%s is not allowed by the embedded engine", f)
			}
		}
	}
	for _, p := range req.params {
		for _, f := range forbidden {
			if strings.EqualFold(p.Value, f) && strings.Contains(strings.ToLower(sql), "identifier") {
				return fault(codeAccessDenied, "%s is not allowed by the embedded engine", f)
			}
		}
	}
	switch a.Class {
	case chdb.Read:
	case chdb.Mutate:
		if req.readonly {
			return &exception{164, "Code: 164. DB::Exception: Cannot execute query in readonly mode. (READONLY)"}
		}
	case chdb.Control:
		if len(words) > 1 && words[0].is("KILL") && words[1].is("QUERY") && !req.readonly {
			return nil
		}
		if withSettings(sql, words, req.readonly) {
			return nil
		}
		fallthrough
	default:
		return fault(codeAccessDenied, "statements that change the engine, its users or its session are not allowed by the embedded engine")
	}
	return nil
}

// withSettings tells that a statement counts as one of control only because of
// the SETTINGS clause at its end.
func withSettings(sql string, words []token, readonly bool) bool {
	has := func(list ...string) bool {
		return slices.ContainsFunc(words, func(w token) bool {
			return slices.ContainsFunc(list, func(l string) bool { return w.is(l) })
		})
	}
	if !has("SETTINGS") {
		return false
	}
	first := words[0]
	switch {
	case first.is("SELECT"), first.is("WITH"):
		return !strings.Contains(strings.ToLower(sql), "outfile")
	case first.is("ALTER"):
		return !readonly && !has("FREEZE", "UNFREEZE", "FETCH", "ATTACH", "UNLOCK")
	case first.is("INSERT"), first.is("DELETE"), first.is("UPDATE"), first.is("OPTIMIZE"):
		return !readonly
	}
	return false
}

// insertion splits an INSERT whose rows come as the request's body: the
// statement without its FORMAT clause, and the format. ok is false for any
// other statement, one with rows or a SELECT of its own included.
func insertion(sql string, words []token) (head, format string, ok bool) {
	if len(words) < 3 || !words[0].is("INSERT") || strings.Trim(sql[words[len(words)-1].end:], " \t\r\n;") != "" {
		return "", "", false
	}
	for _, w := range words {
		if w.is("SELECT") || w.is("WITH") {
			return "", "", false
		}
	}
	last, prev := words[len(words)-1], words[len(words)-2]
	if prev.is("FORMAT") {
		return sql[:prev.start], last.text, true
	}
	if last.is("VALUES") {
		return sql[:last.start], "Values", true
	}
	return sql[:last.end], "Values", true
}
