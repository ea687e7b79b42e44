package broker

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Ping returns nil when a broker without TLS answers at addr (host:port).
func Ping(ctx context.Context, addr string) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("broker: ping: %w", err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	req := kmsg.NewPtrApiVersionsRequest()
	if _, err := c.Write(kmsg.NewRequestFormatter(kmsg.FormatterClientID("ping")).AppendRequest(nil, req, 1)); err != nil {
		return fmt.Errorf("broker: ping: %w", err)
	}
	var head [8]byte // size, correlation id
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return fmt.Errorf("broker: ping: %w", err)
	}
	if id := binary.BigEndian.Uint32(head[4:]); id != 1 {
		return fmt.Errorf("broker: ping: answer to request %d", id)
	}
	return nil
}
