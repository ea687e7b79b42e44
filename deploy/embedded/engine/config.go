// Package engine runs ClickHouse inside a process of the hub and answers its
// HTTP interface, well enough for an unmodified clickhouse-go: what asks it
// can't tell it from a small server, and outgrowing it is a change of URL.
//
// It promises: one process a data directory; loopback and a password only;
// one statement a request, cancelled when the client has gone; nothing
// acknowledged that is not stored (kill −9 safe; power loss only with table
// setting fsync_after_insert); no statement that reaches files, other servers,
// users or the engine itself. It never sees what the data mean.
package engine

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"time"
)

// Database is the database that a request means when it names none. It exists
// from the start.
const Database = "credithub"

// User is the only user of the engine.
const User = "credithub"

// Config of one engine. The zero value of an optional field means its default.
type Config struct {
	DataDir  string       // required; everything is kept below it
	Library  string       // required; path of libchdb
	Password string       // required; of User
	Listen   string       // host:port on loopback, default 127.0.0.1:0
	Listener net.Listener // instead of Listen

	Logger *slog.Logger // default slog.Default()

	Nice int // 0…19, lowered priority of the whole process

	MaxReads        int           // statements that run at once, default 3 × cores
	MaxWrites       int           // inserts and changes that run at once, default 2 × cores
	AdmitWait       time.Duration // how long a request waits for its turn, default 30 s
	MaxQueryBytes   int64         // length of a statement with its inline data, default 32 MiB
	MaxExecution    time.Duration // upper bound of one statement, default 5 min
	MemoryLimit     int64         // bytes of the whole engine, default 2 GiB
	QueryMemory     int64         // bytes of one statement, default half of MemoryLimit
	Threads         int           // of one statement, default: cores
	LockWait        time.Duration // for a killed predecessor to vanish, default 3 s
	ShutdownTimeout time.Duration // for running statements at a stop, default 1.5 s
	TrimEvery       time.Duration // between two chances to give memory back, default 30 s; below 0 never

	// Ready is called once with the address when requests are answered.
	Ready func(addr string)
}

func (c *Config) setDefaults() {
	cores := runtime.GOMAXPROCS(0)
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:0")
	c.MaxReads = cmp.Or(c.MaxReads, 3*cores)
	c.MaxWrites = cmp.Or(c.MaxWrites, 2*cores)
	c.AdmitWait = cmp.Or(c.AdmitWait, 30*time.Second)
	c.MaxQueryBytes = cmp.Or(c.MaxQueryBytes, 32<<20)
	c.MaxExecution = cmp.Or(c.MaxExecution, 5*time.Minute)
	c.MemoryLimit = cmp.Or(c.MemoryLimit, 2<<30)
	c.QueryMemory = cmp.Or(c.QueryMemory, c.MemoryLimit/2)
	c.Threads = cmp.Or(c.Threads, cores)
	c.LockWait = cmp.Or(c.LockWait, 3*time.Second)
	c.ShutdownTimeout = cmp.Or(c.ShutdownTimeout, 1500*time.Millisecond)
	c.TrimEvery = cmp.Or(c.TrimEvery, 30*time.Second)
	c.Logger = cmp.Or(c.Logger, slog.Default())
}

// Validate names all faults of the configuration.
func (c *Config) Validate() error {
	var errs []error
	bad := func(ok bool, format string, a ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("engine: "+format, a...))
		}
	}
	bad(c.DataDir != "", "data directory is missing")
	bad(c.Library != "", "path of libchdb is missing")
	bad(c.Library == "" || filepath.IsAbs(c.Library), "path of libchdb is not absolute: %q", c.Library)
	bad(len(c.Password) >= 16, "password is shorter than 16 characters")
	bad(c.Nice >= 0 && c.Nice <= 19, "niceness %d is not within 0…19", c.Nice)
	bad(c.MaxReads >= 0 && c.MaxWrites >= 0 && c.Threads >= 0, "a limit is negative")
	bad(c.MemoryLimit >= 0 && c.QueryMemory >= 0 && c.MaxQueryBytes >= 0, "a size is negative")
	return errors.Join(errs...)
}
