package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The same person has the same key, by the old number and the new one, and no key
// is made of what is no identity number.
func TestCase_L13_PersonKey(t *testing.T) {
	dir := t.TempDir()
	c := personKeyCmd{dataFlag: dataFlag{Data: dir}, Algorithm: "hmac-sha256"}
	key := func(algorithm, in string) string {
		t.Helper()
		id, err := readID(strings.NewReader(in))
		if err != nil {
			return ""
		}
		secret, err := c.secret()
		if err != nil {
			t.Fatal(err)
		}
		return personKey(algorithm, secret, id)
	}
	one := key("hmac-sha256", "11010519491231002X\n")
	if len(one) != 64 || key("hmac-sha256", " 11010519491231002x") != one || key("hmac-sha256", "110105491231002\n") != one {
		t.Errorf("keys of one person differ from %q", one)
	}
	if sm3 := key("hmac-sm3", "11010519491231002X"); len(sm3) != 64 || sm3 == one {
		t.Errorf("sm3: %q", sm3)
	}
	for _, bad := range []string{"", "110105194912310021", "91420100MA4N0A2B5Y", "张三"} {
		if k := key("hmac-sha256", bad); k != "" {
			t.Errorf("%q has the key %s", bad, k)
		}
	}
	path := filepath.Join(dir, "secrets", personKeyName)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := c.secret(); err == nil {
		t.Error("a lost secret was made anew in silence")
	}
}
