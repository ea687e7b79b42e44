package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"credithub/deploy/embedded"
	"credithub/deploy/platform/node"
	"credithub/schema/feed"
	"credithub/schema/record"
)

type brokerUserCmd struct {
	Add    brokerUserAddCmd    `cmd:"" help:"Let somebody use the embedded broker, or change what one may do."`
	List   brokerUserListCmd   `cmd:"" help:"List who may use it."`
	Remove brokerUserRemoveCmd `cmd:"" help:"Shut somebody out."`
}

type brokerUserAddCmd struct {
	dataFlag
	Name    string   `arg:"" help:"Name of the user."`
	Produce []string `help:"Domains whose topics the user may write; messages count only when a unit has signed them." sep:"," placeholder:"DOMAIN,…"`
	Read    []string `help:"Topics that the user may read." sep:"," placeholder:"TOPIC,…"`
}

// Run prints the file with the user's password.
func (c *brokerUserAddCmd) Run() error {
	u := embedded.BrokerUser{Name: c.Name}
	for _, name := range c.Produce {
		d := record.ParseDomain(strings.TrimPrefix(name, record.TopicPrefix))
		if d == record.NoDomain {
			return fmt.Errorf("there is no domain %q", name)
		}
		u.Produce = append(u.Produce, d.Topic())
	}
	known := map[string]bool{}
	for _, t := range feed.Topics(1) {
		known[t.Name] = true
	}
	for _, name := range c.Read {
		if !known[name] {
			return fmt.Errorf("there is no topic %q", name)
		}
		u.Read = append(u.Read, name)
	}
	if len(u.Produce)+len(u.Read) == 0 {
		return errors.New("name what the user may do: --produce, --read")
	}
	users, err := embedded.OpenBrokerUsers(c.Data)
	if err != nil {
		return err
	}
	if err := users.Add(u); err != nil {
		return err
	}
	fmt.Println(users.PasswordFile(c.Name))
	return nil
}

type brokerUserListCmd struct{ dataFlag }

// Run prints a line a user.
func (c *brokerUserListCmd) Run() error {
	users, err := embedded.OpenBrokerUsers(c.Data)
	if err != nil {
		return err
	}
	all, err := users.All()
	if err != nil {
		return err
	}
	for _, u := range all {
		fmt.Printf("%s\tproduce %s\tread %s\n", u.Name, strings.Join(u.Produce, ","), strings.Join(u.Read, ","))
	}
	return nil
}

type brokerUserRemoveCmd struct {
	dataFlag
	Name string `arg:"" help:"Name of the user."`
}

// Run takes effect within seconds at a broker that runs.
func (c *brokerUserRemoveCmd) Run() error {
	users, err := embedded.OpenBrokerUsers(c.Data)
	if err != nil {
		return err
	}
	return users.Remove(c.Name)
}

// kcatFile is the configuration for kcat that a running hub writes.
const kcatFile = "kcat.conf"

// kafkaAccess tells the owner of the data directory how to enter the embedded broker;
// nil when Kafka is somebody else's.
func (r *running) kafkaAccess() (*node.KafkaAccess, error) {
	if !r.ownBroker {
		return nil, nil
	}
	users, err := embedded.OpenBrokerUsers(r.cmd.Data)
	if err != nil {
		return nil, err
	}
	password, err := users.Password(embedded.BrokerKcatUser)
	if err != nil {
		return nil, err
	}
	a := &node.KafkaAccess{Mechanism: embedded.BrokerMechanism, User: embedded.BrokerKcatUser,
		PasswordFile: users.PasswordFile(embedded.BrokerKcatUser), KcatConfig: filepath.Join(r.cmd.Data, kcatFile)}
	conf := fmt.Sprintf("bootstrap.servers=%s\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanisms=%s\nsasl.username=%s\nsasl.password=%s\n",
		r.cmd.Kafka[0], a.Mechanism, a.User, password)
	return a, node.ReplaceFile(a.KcatConfig, []byte(conf))
}
