package broker

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/node"
	"credithub/deploy/platform/random"
	"credithub/schema/feed"
	"credithub/schema/record"
)

// User of the broker, and the topics that it may write and read. Whoever may read
// may do so in groups whose names begin with its own.
type User struct {
	Name    string   `json:"-"`
	Produce []string `json:"produce,omitempty"`
	Read    []string `json:"read,omitempty"`

	password string
	all      bool
}

// The users that every broker has: HubUser may do everything and is the hub's own
// parts; KcatUser is whoever owns the data directory, with a client at hand.
const (
	HubUser  = "credithub"
	KcatUser = "kcat"
)

// Mechanism by which users prove who they are; kafka.Scram512 does as well.
const Mechanism = kafka.Scram256

// Users are kept in a folder that only its owner can read: for each a file with its
// password and one with what it may do.
type Users struct{ dir string }

const (
	passwordExt = ".password"
	rightsExt   = ".json"
)

// ErrNoUser is a user that isn't there.
var ErrNoUser = errors.New("broker: no such user")

// OpenUsers makes the folder below a data directory, and the users that every broker
// has, where they are absent.
func OpenUsers(data string) (*Users, error) {
	u := &Users{dir: filepath.Join(data, "secrets", "kafka")}
	if err := os.MkdirAll(u.dir, 0o700); err != nil {
		return nil, fmt.Errorf("broker: users: %w", err)
	}
	var domains, topics []string
	for _, d := range record.Domains() {
		domains = append(domains, d.Topic())
	}
	for _, t := range feed.Topics(1) {
		topics = append(topics, t.Name)
	}
	for _, own := range []User{{Name: HubUser}, {Name: KcatUser, Produce: domains, Read: topics}} {
		if err := u.keep(own, false); err != nil {
			return nil, err
		}
	}
	return u, nil
}

var userName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// Add makes a user with a password of random bytes, or changes what one may do.
func (u *Users) Add(user User) error {
	switch {
	case !userName.MatchString(user.Name):
		return errors.New("broker: a user's name is made of letters, digits, - and _, at most 64")
	case user.Name == HubUser || user.Name == KcatUser:
		return fmt.Errorf("broker: the user %s is the hub's own", user.Name)
	}
	return u.keep(user, true)
}

// keep writes a user's files. The password stays when there is one.
func (u *Users) keep(user User, replace bool) error {
	rights, err := json.Marshal(user)
	if err != nil {
		return err
	}
	path := u.PasswordFile(user.Name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		password := base64.RawURLEncoding.EncodeToString(random.Bytes(24))
		if err := node.CreateFile(path, []byte(password+"\n")); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("broker: user %s: %w", user.Name, err)
		}
	}
	put := node.CreateFile
	if replace {
		put = node.ReplaceFile
	}
	if err := put(u.file(user.Name), append(rights, '\n')); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("broker: user %s: %w", user.Name, err)
	}
	return nil
}

func (u *Users) file(name string) string { return filepath.Join(u.dir, name+rightsExt) }

// PasswordFile holds a user's password and nothing else.
func (u *Users) PasswordFile(name string) string { return filepath.Join(u.dir, name+passwordExt) }

// Password reads a user's password.
func (u *Users) Password(name string) (string, error) {
	b, err := os.ReadFile(u.PasswordFile(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: %s", ErrNoUser, name)
	}
	if err != nil {
		return "", fmt.Errorf("broker: user %s: %w", name, err)
	}
	if p := strings.TrimSpace(string(b)); p != "" {
		return p, nil
	}
	return "", fmt.Errorf("broker: %s is empty: remove it, and a new password is made", u.PasswordFile(name))
}

// Remove takes a user away.
func (u *Users) Remove(name string) error {
	if name == HubUser || name == KcatUser {
		return fmt.Errorf("broker: the user %s is the hub's own", name)
	}
	err := os.Remove(u.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrNoUser, name)
	}
	return errors.Join(err, os.Remove(u.PasswordFile(name)))
}

// All reads every user, sorted by name.
func (u *Users) All() ([]User, error) {
	files, err := filepath.Glob(filepath.Join(u.dir, "*"+rightsExt))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var all []User
	for _, f := range files {
		b, err := os.ReadFile(f)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed just now
		}
		if err != nil {
			return nil, fmt.Errorf("broker: users: %w", err)
		}
		user := User{Name: strings.TrimSuffix(filepath.Base(f), rightsExt)}
		if err := json.Unmarshal(b, &user); err != nil {
			return nil, fmt.Errorf("broker: %s: %w", f, err)
		}
		if user.password, err = u.Password(user.Name); err != nil {
			return nil, err
		}
		user.all = user.Name == HubUser
		all = append(all, user)
	}
	return all, nil
}

// mark changes when a user does.
func (u *Users) mark() string {
	all, err := u.All()
	if err != nil {
		return ""
	}
	var b strings.Builder
	for _, user := range all {
		fmt.Fprintln(&b, user.Name, user.password, user.Produce, user.Read)
	}
	return b.String()
}

// options are what kfake is told of the users. A data directory that it has used
// before tells it their rights.
func (u *Users) options(data string) ([]kfake.Opt, error) {
	all, err := u.All()
	if err != nil {
		return nil, err
	}
	if err := keepRights(data, all); err != nil {
		return nil, fmt.Errorf("broker: rights of users: %w", err)
	}
	opts := []kfake.Opt{kfake.EnableSASL(), kfake.EnableACLs()}
	for _, user := range all {
		for _, mechanism := range []string{Mechanism, kafka.Scram512} {
			if user.all {
				opts = append(opts, kfake.Superuser(mechanism, user.Name, user.password))
				continue
			}
			opts = append(opts, kfake.User(mechanism, user.Name, user.password, user.rights()...))
		}
	}
	return opts, nil
}

// keptRight is a right as kfake keeps it in rightsFile.
type keptRight struct {
	Principal    string `json:"principal"`
	Host         string `json:"host"`
	ResourceType int8   `json:"resource_type"`
	ResourceName string `json:"resource_name"`
	Pattern      int8   `json:"pattern"`
	Operation    int8   `json:"operation"`
	Permission   int8   `json:"permission"`
}

const rightsFile = "acls.json"

// keepRights replaces the rights that kfake finds in its data directory.
func keepRights(data string, all []User) error {
	kept := struct {
		Version int         `json:"version"`
		ACLs    []keptRight `json:"acls"`
	}{Version: 1, ACLs: []keptRight{}}
	for _, user := range all {
		for _, r := range user.rights() {
			kept.ACLs = append(kept.ACLs, keptRight{"User:" + user.Name, "*", int8(r.Resource), r.Name, int8(r.Pattern), int8(r.Operation),
				int8(kmsg.ACLPermissionTypeAllow)})
		}
	}
	b, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	return node.ReplaceFile(filepath.Join(data, rightsFile), append(b, '\n'))
}

func (u *User) rights() (out []kfake.ACL) {
	allow := func(kind kmsg.ACLResourceType, name string, pattern kmsg.ACLResourcePatternType, op kmsg.ACLOperation) {
		out = append(out, kfake.ACL{Resource: kind, Name: name, Pattern: pattern, Operation: op, Allow: true})
	}
	for _, t := range u.Produce {
		allow(kmsg.ACLResourceTypeTopic, t, kmsg.ACLResourcePatternTypeLiteral, kmsg.ACLOperationWrite) // and describe
	}
	if len(u.Produce) > 0 && !slices.Contains(u.Read, feed.OutcomesTopic) { // who sends may learn what became of it
		allow(kmsg.ACLResourceTypeTopic, feed.OutcomesTopic, kmsg.ACLResourcePatternTypeLiteral, kmsg.ACLOperationRead)
	}
	for _, t := range u.Read {
		allow(kmsg.ACLResourceTypeTopic, t, kmsg.ACLResourcePatternTypeLiteral, kmsg.ACLOperationRead)
	}
	if len(u.Read) > 0 {
		allow(kmsg.ACLResourceTypeGroup, u.Name, kmsg.ACLResourcePatternTypePrefixed, kmsg.ACLOperationRead)
	}
	return out
}
