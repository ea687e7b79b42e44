package sink

import (
	"context"
	"fmt"

	"github.com/ClickHouse/ch-go/proto"
)

// Engine is ClickHouse as the sink needs it. Positions and Quiet are also what a
// starting ingestor asks first.
type Engine interface {
	// Insert sends the rows of one block. An error says nothing about whether
	// they are stored.
	Insert(ctx context.Context, table string, in proto.Input, token string) error
	// Quiet returns when no insertion into records that was sent before the
	// call can have an effect any more.
	Quiet(ctx context.Context) error
	// Positions reads the last stored offset of each partition of the topics;
	// of all topics when none is named.
	Positions(ctx context.Context, topics []string) (Positions, error)
}

// token names one sending of a block to the server.
func token(writer string, block uint64, generation int) string {
	return fmt.Sprintf("%s-%d-%d", writer, block, generation)
}
