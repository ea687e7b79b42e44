package supervise

import (
	"bytes"
	"strings"
	"sync"
)

const (
	maxLine   = 16 << 10 // a longer line comes in pieces
	tailLines = 20
)

// lines takes what one life writes line by line: all of it to the log, warnings to
// the supervisor's own logger, and the last ones for the message about its end.
type lines struct {
	c *Child

	mu   sync.Mutex
	rest []byte // of a line whose end has not come
	last []string
}

// Write never fails: a full disk must not stop the child.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, b...)
	from := 0
	for {
		n := bytes.IndexByte(l.rest[from:], '\n') + 1
		if n > maxLine || n == 0 && len(l.rest)-from >= maxLine {
			n = maxLine
		}
		if n == 0 {
			break
		}
		l.take(l.rest[from : from+n])
		from += n
	}
	l.rest = append(l.rest[:0], l.rest[from:]...)
	return len(b), nil
}

func (l *lines) take(line []byte) {
	_, _ = l.c.Log.Write(line)
	text := strings.TrimRight(string(line), "\r\n")
	if len(l.last) == tailLines {
		l.last = append(l.last[:0], l.last[1:]...)
	}
	l.last = append(l.last, text)
	if grave(text) {
		l.c.Logger.Warn("child says", "child", l.c.Name, "line", text)
	}
}

// close takes what lacks the end of its line.
func (l *lines) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}

func (l *lines) end() {
	if len(l.rest) > 0 {
		l.take(l.rest)
		l.rest = l.rest[:0]
	}
}

// text is the end of what was written.
func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
	if len(l.last) == 0 {
		return ""
	}
	return "\n  " + strings.Join(l.last, "\n  ")
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
