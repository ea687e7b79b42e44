package engine

import (
	"strings"
	"testing"

	"credithub/deploy/embedded/engine/chdb"
)

func wordsOf(sql string) (string, bool) {
	words, ok := lex(sql)
	var out []string
	for _, w := range words {
		out = append(out, w.text)
	}
	return strings.Join(out, "|"), ok
}

func TestLex(t *testing.T) {
	f := func(sql, want string, ok bool) {
		t.Helper()
		if got, gotOK := wordsOf(sql); got != want || gotOK != ok {
			t.Errorf("%s: %q %v, want %q %v", sql, got, gotOK, want, ok)
		}
	}
	f("SELECT 1", "SELECT|1", true)
	f("SELECT 'file(''x'')', a -- file\nFROM t # file", "SELECT|a|FROM|t", true)
	f(`SELECT 'it\'s file', b`, "SELECT|b", true)
	f("SELECT/* file */`file`(\"FILE\")", "SELECT|file|FILE", true)
	f("SELECT `a``b`, \"c\\\"d\"", "SELECT|a`b|c\"d", true)
	f("SELECT $$file$$, $tag$file$tag$ AS x", "SELECT|AS|x", true)
	f("SELECT $1, file", "SELECT|1|file", true)
	f("SELECT 'open", "SELECT", false)
	f("SELECT `open", "SELECT", false)
	f("SELECT /* open", "SELECT", false)
	f("SELECT 名称 FROM 表", "SELECT|名称|FROM|表", true)
	f("INSERT INTO t FORMAT CSV\n'unbalanced, file", "INSERT|INTO|t|FORMAT|CSV", true)
	f("INSERT INTO t FORMAT Values (file('x'))", "INSERT|INTO|t|FORMAT|Values|file", true)
	f("INSERT INTO t (a) VALUES ('x', now())", "INSERT|INTO|t|a|VALUES|now", true)
	f("", "", true)
}

func TestInsertion(t *testing.T) {
	f := func(sql, head, format string, ok bool) {
		t.Helper()
		words, _ := lex(sql)
		gotHead, gotFormat, gotOK := insertion(sql, words)
		if strings.TrimSpace(gotHead) != head || gotFormat != format || gotOK != ok {
			t.Errorf("%s: %q %q %v", sql, gotHead, gotFormat, gotOK)
		}
	}
	f("INSERT INTO t FORMAT Native", "INSERT INTO t", "Native", true)
	f("insert into t (`a`, b) settings async_insert=1 format RowBinary ;\n", "insert into t (`a`, b) settings async_insert=1", "RowBinary", true)
	f("INSERT INTO t VALUES", "INSERT INTO t", "Values", true)
	f("INSERT INTO t VALUES (1)", "", "", false)
	f("INSERT INTO t FORMAT CSV\n1,2", "", "", false)
	f("INSERT INTO t SELECT 1 AS FORMAT", "", "", false)
	f("SELECT 1 FORMAT Native", "", "", false)
	f("INSERT", "", "", false)
}

func TestGate(t *testing.T) {
	f := func(sql string, a chdb.Analysis, readonly bool, code int) {
		t.Helper()
		words, _ := lex(sql)
		got := 0
		if err := gate(sql, words, a, &request{readonly: readonly}); err != nil {
			got = asException(err).code
		}
		if got != code {
			t.Errorf("%s: code %d, want %d", sql, got, code)
		}
	}
	one := func(c chdb.Class) chdb.Analysis { return chdb.Analysis{Statements: 1, Class: c} }
	f("SELECT 1", one(chdb.Read), true, 0)
	f("SELECT 1; SELECT 2", chdb.Analysis{Statements: 2}, false, 62)
	f("SELEC 1", chdb.Analysis{Class: chdb.Unknown}, false, 0) // the engine says why
	f("INSERT INTO t SELECT 1", one(chdb.Mutate), false, 0)
	f("INSERT INTO t SELECT 1", one(chdb.Mutate), true, 164)
	f("CREATE USER u", one(chdb.Global), false, 497)
	f("SYSTEM SHUTDOWN", one(chdb.Control), false, 497)
	f("KILL QUERY WHERE 1", one(chdb.Control), false, 0)
	f("KILL QUERY WHERE 1", one(chdb.Control), true, 497)
	f("KILL MUTATION WHERE 1", one(chdb.Control), false, 497)
	f("SET x = 1", one(chdb.Control), false, 497)
	f("ALTER TABLE t DELETE WHERE 1 SETTINGS mutations_sync = 1", one(chdb.Control), false, 0)
	f("ALTER TABLE t DELETE WHERE 1 SETTINGS mutations_sync = 1", one(chdb.Control), true, 497)
	f("ALTER TABLE t FREEZE SETTINGS a = 1", one(chdb.Control), false, 497)
	f("SELECT 1 INTO OUTFILE 'x' SETTINGS a = 1", one(chdb.Control), false, 497)
	f("SELECT 'outfile' FORMAT CSV SETTINGS a = 1", one(chdb.Control), false, 497)
	f("SELECT 1 FORMAT CSV SETTINGS a = 1", one(chdb.Control), true, 0)
	f("SELECT file('x')", one(chdb.Read), false, 497)
}

// FuzzLex: words lie in the text, in order, and what is no word is no letter
// outside of strings and comments.
func FuzzLex(f *testing.F) {
	for _, s := range []string{"SELECT 1", "INSERT INTO t FORMAT CSV\n'", "SELECT $$a$$, $b$c$b$", "/**/--\n#!\n'\\'\"`", "SELECT 'a''b' \"c\"\"d\"", "\xff名$"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		words, _ := lex(sql)
		end := 0
		for _, w := range words {
			if w.start < end || w.end <= w.start || w.end > len(sql) {
				t.Fatalf("%q: word %+v after %d", sql, w, end)
			}
			if !w.quoted && sql[w.start:w.end] != w.text {
				t.Fatalf("%q: word %+v", sql, w)
			}
			end = w.end
		}
		if head, format, ok := insertion(sql, words); ok && (!strings.HasPrefix(sql, head) || !isWord(format) && words[len(words)-2].is("FORMAT") && format == "") {
			t.Fatalf("%q: %q %q", sql, head, format)
		}
	})
}

func TestExceptions(t *testing.T) {
	f := func(text string, code, status int) {
		t.Helper()
		x := asException(&chdb.Error{Text: text})
		if x.code != code || x.status() != status || !strings.HasPrefix(x.text, "Code: ") {
			t.Errorf("%s: %d %d %s", text, x.code, x.status(), x.text)
		}
	}
	f("Code: 60. DB::Exception: Unknown table (UNKNOWN_TABLE)", 60, 404)
	f("Error: Code: 241. DB::Exception: Memory", 241, 500)
	f("Code: 62. DB::Exception: Syntax", 62, 400)
	f("Code: 159. DB::Exception: Timeout", 159, 408)
	f("Invalid or closed connection", codeInternal, 500)
}

func TestSettingNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"max_threads": true, "insert_deduplication_token": true, "optimize_use_projections": true, "input_format_null_as_default": true,
		"format_schema": false, "output_format_schema": false, "input_format_record_errors_file_path": false, "optimize_ --path": false, "path": false, "": false,
	} {
		if err := checkSetting(name, "1"); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
