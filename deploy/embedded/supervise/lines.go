package supervise

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"sync"
)

// read takes the child's log line by line: all of it to the log, warnings to
// the supervisor's own logger.
func (p *Process) read(r *os.File, t *tail) {
	defer r.Close()
	br := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := br.ReadSlice('\n')
		if len(line) > 0 {
			_, _ = p.c.Log.Write(line) // a full disk must not stop the child
			text := strings.TrimRight(string(line), "\r\n")
			t.add(text)
			if grave(text) {
				p.c.Logger.Warn("child says", "child", p.c.Name, "line", text)
			}
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// grave tells a line that an operator should see: a warning or error of slog,
// or one that no logger wrote (a panic, the engine's own words).
func grave(line string) bool {
	for _, calm := range []string{"level=INFO", "level=DEBUG", `"level":"INFO"`, `"level":"DEBUG"`, " INFO ", " DEBUG "} {
		if strings.Contains(line, calm) {
			return false
		}
	}
	return line != ""
}

const (
	maxLine   = 16 << 10
	tailLines = 20
)

// tail keeps the last lines of one life, for the message about its end.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == tailLines {
		t.lines = append(t.lines[:0], t.lines[1:]...)
	}
	t.lines = append(t.lines, line)
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 {
		return ""
	}
	return "\n  " + strings.Join(t.lines, "\n  ")
}
