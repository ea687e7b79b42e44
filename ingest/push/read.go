package push

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"credithub/ingest/body"
	"credithub/schema/fault"
)

// formOf tells how a file is written: by its name, else by its first bytes. A
// .json file may hold an array or one object a line.
func formOf(name string, f *os.File) (Form, error) {
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf")), " \t\r\n")
	switch strings.ToLower(filepath.Ext(name)) {
	case ".ndjson", ".jsonl":
		return NDJSON, nil
	case ".csv", ".tsv", ".txt":
		return CSV, nil
	case ".xlsx", ".xls", ".xlsm":
		return XLSX, nil
	}
	switch {
	case bytes.HasPrefix(head, []byte("[")):
		return JSON, nil
	case bytes.HasPrefix(head, []byte("{")), len(head) == 0:
		return NDJSON, nil
	case bytes.HasPrefix(head, []byte("PK")):
		return XLSX, nil
	}
	return "", errors.New("neither NDJSON, JSON, CSV nor XLSX by name or content")
}

// lines pushes NDJSON as it streams in.
func (p *pusher) lines(ctx context.Context, r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<20)
	var buf []byte
	rows, line, first := 0, 0, 0
	flush := func() error {
		if rows == 0 {
			p.step(int64(len(buf)))
			buf, first = buf[:0], line
			return nil
		}
		shift := first
		err := p.send(ctx, Part{Form: NDJSON, Body: buf}, func(l int) int { return l + shift }, int64(len(buf)))
		buf, rows, first = buf[:0], 0, line
		return err
	}
	for {
		from := len(buf)
		next, length, err := appendLine(in, buf, p.Limits.LineBytes)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		end := errors.Is(err, io.EOF)
		if end && length == 0 {
			break
		}
		buf = next
		if from > 0 && rows > 0 && (len(buf) > p.Limits.PartBytes || rows == p.Limits.PartRows) {
			rest := bytes.Clone(buf[from:])
			buf = buf[:from]
			if err := flush(); err != nil {
				return err
			}
			buf = append(buf, rest...)
			from = 0
		}
		line++
		switch {
		case length > p.Limits.LineBytes:
			p.sum.Rejected++
			p.note(Finding{File: p.at.File, Line: line, Fault: fault.Fault{Code: fault.E13Catalogue,
				Message: fmt.Sprintf("line of %d bytes is too long to be sent; it was left out", length)}})
		case len(bytes.TrimSpace(buf[from:])) > 0:
			rows++
		}
		if end {
			break
		}
	}
	return flush()
}

// appendLine appends the next line with its line feed; of a line that is longer
// than limit only the line feed, so that lines still count. length is what the
// line has in the file.
func appendLine(r *bufio.Reader, dst []byte, limit int) (out []byte, length int, err error) {
	from := len(dst)
	for {
		piece, err := r.ReadSlice('\n')
		length += len(piece)
		if length <= limit {
			dst = append(dst, piece...)
		} else {
			dst = append(dst[:from], '\n')
		}
		if err == nil || !errors.Is(err, bufio.ErrBufferFull) {
			return dst, length, err
		}
	}
}

// whole reads a file that can't be cut while it streams.
func whole(r io.Reader, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, fmt.Errorf("the file has %d bytes, at most %d can be pushed: cut it, or use NDJSON", size, limit)
	}
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("the file grew above %d bytes", limit)
	}
	return b, err
}

// array pushes a JSON array in smaller arrays.
func (p *pusher) array(ctx context.Context, f *os.File, size int64) error {
	b, err := whole(f, size, p.Limits.FileBytes)
	if err != nil {
		return err
	}
	lim := bodyLimits()
	lim.Rows, lim.RowBytes = len(b)+1, p.Limits.LineBytes
	src, err := body.JSON(b, lim)
	if err != nil {
		return shown(err)
	}
	var it body.Item
	var out []byte
	var at []int // element numbers of the part
	flush := func() error {
		if len(at) == 0 {
			return nil
		}
		lines := at
		err := p.send(ctx, Part{Form: JSON, Body: append(out, ']')}, func(l int) int { return lines[min(max(l, 1), len(lines))-1] }, int64(len(out)))
		out, at = nil, nil
		return err
	}
	for src.Next(&it) {
		if it.Raw == nil {
			p.sum.Rejected++
			p.note(Finding{File: p.at.File, Line: int(it.Line), Fault: it.Faults[0]})
			continue
		}
		if len(at) > 0 && (len(out)+len(it.Raw) > p.Limits.PartBytes || len(at) == p.Limits.PartRows) {
			if err := flush(); err != nil {
				return err
			}
		}
		sep := byte(',')
		if len(at) == 0 {
			sep = '['
		}
		out, at = append(append(out, sep), it.Raw...), append(at, int(it.Line))
	}
	return flush()
}

// table pushes CSV in parts that each have the header.
func (p *pusher) table(ctx context.Context, f *os.File, size int64) error {
	if err := p.tables(); err != nil {
		return err
	}
	b, err := whole(f, size, p.Limits.FileBytes)
	if err != nil {
		return err
	}
	err = body.CSVParts(b, p.kind, body.Options{Charset: p.Charset, Ignore: p.Ignore}, bodyLimits(), p.Limits.PartBytes, p.Limits.PartRows, func(part body.Part) error {
		shift := part.Shift
		return p.send(ctx, Part{Form: CSV, Body: part.Body}, func(l int) int { return l + shift }, int64(len(part.Body)))
	})
	return shown(err)
}

// book pushes a workbook as it is.
func (p *pusher) book(ctx context.Context, f *os.File, size int64) error {
	if err := p.tables(); err != nil {
		return err
	}
	b, err := whole(f, size, p.Limits.BookBytes)
	if err != nil {
		return err
	}
	return p.send(ctx, Part{Form: XLSX, Body: b}, func(l int) int { return l }, int64(len(b)))
}

// shown turns an error that is made for callers into its message alone.
func shown(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return errors.New(f.Message)
	}
	return err
}
