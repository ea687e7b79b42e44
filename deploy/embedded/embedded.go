// Package embedded is the door to the parts that `credithub up` brings along
// instead of servers: a Kafka broker (package broker) and a ClickHouse engine
// (packages engine and install), each in a child process (see
// deploy/platform/supervise).
//
// It promises that nothing else in the hub can tell an embedded part from a
// server: the rooms get an address and a URL. It holds no logic of its own.
package embedded

import (
	"context"

	"credithub/deploy/embedded/broker"
	"credithub/deploy/embedded/engine"
	"credithub/deploy/embedded/install"
	"credithub/deploy/platform/child"
	"credithub/deploy/platform/supervise"
)

// BrokerConfig configures RunBroker.
type BrokerConfig = broker.Config

// BrokerUsers are the users of a broker.
type BrokerUsers = broker.Users

// BrokerUser is one of them.
type BrokerUser = broker.User

// OpenBrokerUsers opens the users of the broker of a data directory.
func OpenBrokerUsers(data string) (*BrokerUsers, error) { return broker.OpenUsers(data) }

// The users that every broker has, and how they prove who they are.
const (
	BrokerHubUser   = broker.HubUser
	BrokerKcatUser  = broker.KcatUser
	BrokerMechanism = broker.Mechanism
)

// EngineConfig configures RunEngine.
type EngineConfig = engine.Config

// RunBroker is what the command `credithub broker` does: it serves until ctx
// ends or the parent is gone.
func RunBroker(ctx context.Context, c BrokerConfig) error {
	if err := child.FollowParent(); err != nil {
		return err
	}
	return broker.Run(ctx, c)
}

// RunEngine is what the command `credithub engine` does: it serves until ctx
// ends or the parent is gone. Without Library it installs the engine; without
// Password it takes the one of the data directory.
func RunEngine(ctx context.Context, c EngineConfig) error {
	if err := child.FollowParent(); err != nil {
		return err
	}
	var err error
	if c.Library == "" {
		if c.Library, err = EnsureEngine(ctx, nil); err != nil {
			return err
		}
	}
	if c.Password == "" && c.DataDir != "" {
		if c.Password, err = engine.Password(c.DataDir); err != nil {
			return err
		}
	}
	return engine.Run(ctx, c)
}

// EnsureEngine returns the path of the engine's library, installing it by npm
// the first time; progress may be nil.
func EnsureEngine(ctx context.Context, progress func(step string, done float64)) (libPath string, err error) {
	return install.Ensure(ctx, progress)
}

// BrokerChild is the child that runs a broker by args, the arguments of this
// program's own broker command, at listen (host:port).
func BrokerChild(listen string, args ...string) supervise.Child {
	return supervise.Child{Name: "broker", Args: args, Listen: listen, Ready: broker.Ping}
}

// EngineChild is the child that runs an engine by args, the arguments of this
// program's own engine command, at listen (host:port).
func EngineChild(listen string, args ...string) supervise.Child {
	return supervise.Child{Name: "engine", Args: args, Listen: listen, Ready: engine.Ping}
}

// EngineURL is the URL of the engine at addr that keeps its data in dataDir.
func EngineURL(addr, dataDir string) (string, error) {
	pw, err := engine.Password(dataDir)
	if err != nil {
		return "", err
	}
	return engine.URL(addr, pw), nil
}
