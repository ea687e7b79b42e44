package main

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/emmansun/gmsm/sm3"

	"credithub/deploy/platform/node"
	"credithub/schema/uscc"
)

// personKeyName is the secret under which identity numbers become keys. Under
// another one nobody is found again.
const personKeyName = "person.key"

type personKeyCmd struct {
	dataFlag
	Algorithm string `help:"hmac-sha256, or hmac-sm3 (GM/T 0004). All units of a hub use the same." enum:"hmac-sha256,hmac-sm3" default:"hmac-sha256" env:"CREDITHUB_PERSON_KEY"`
	MakeNew   bool   `name:"new" help:"Make the secret anew beside data of the hub: keys of before are found no more."`
}

// Run reads an identity number from standard input and prints its keyed hash and
// nothing else. The number is neither kept nor repeated.
func (c *personKeyCmd) Run(_ context.Context) error {
	id, err := readID(os.Stdin)
	if err != nil {
		return err
	}
	secret, err := c.secret()
	if err != nil {
		return err
	}
	fmt.Println(personKey(c.Algorithm, secret, id))
	return nil
}

// secret reads the secret or makes it, once: the mark beside it tells that there
// was one, and one that is lost is not made anew unasked.
func (c *personKeyCmd) secret() ([]byte, error) {
	if c.MakeNew {
		return node.Secret(c.Data, personKeyName)
	}
	secret, made, err := node.OldSecret(c.Data, personKeyName, "person-key")
	if errors.Is(err, node.ErrLost) {
		return nil, fmt.Errorf("%w; with --new it is made anew, and keys made under the lost one find nobody", err)
	}
	if err != nil || !made {
		return secret, err
	}
	folder := filepath.Join(c.Data, "person-key")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("person-key: %w", err)
	}
	return secret, node.ReplaceFile(filepath.Join(folder, "fingerprint"), []byte(node.Fingerprint(personKeyName, secret)+"\n"))
}

// readID reads one identity number of 15 or 18 digits; an old one becomes the new
// one of the same person.
func readID(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 256)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("person-key: %w", err)
	}
	id := strings.ToUpper(strings.TrimSpace(uscc.Fold(line)))
	if len(id) == 15 && strings.Trim(id, "0123456789") == "" {
		id = lengthen(id)
	}
	if len(id) != 18 || !uscc.CheckID([]byte(id)) {
		return "", errors.New("person-key: 标准输入中不是有效的公民身份号码 (no valid identity number on standard input)")
	}
	return id, nil
}

// lengthen gives the number of 18 characters of one of 15 (GB 11643-1999).
func lengthen(id string) string {
	id = id[:6] + "19" + id[6:]
	sum := 0
	for i, w := range [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(id[i]-'0')
	}
	return id + string("10X98765432"[sum%11])
}

// personKey is the keyed hash of an identity number, in hex.
func personKey(algorithm string, secret []byte, id string) string {
	h := func() hash.Hash { return sha256.New() }
	if algorithm == "hmac-sm3" {
		h = sm3.New
	}
	m := hmac.New(h, secret)
	m.Write([]byte("credithub person " + id))
	return hex.EncodeToString(m.Sum(nil))
}
