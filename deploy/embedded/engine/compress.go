package engine

import (
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// requestBody undoes the content coding and, where the client said so,
// ClickHouse's own compressed frames.
func requestBody(r *http.Request, frames bool) (io.Reader, error) {
	var body io.Reader = r.Body
	switch coding := strings.ToLower(r.Header.Get("Content-Encoding")); coding {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, fault(codeBadArguments, "request body is no gzip: %v", err)
		}
		body = z
	case "deflate":
		z, err := zlib.NewReader(body)
		if err != nil {
			return nil, fault(codeBadArguments, "request body is no deflate: %v", err)
		}
		body = z
	case "br":
		body = brotli.NewReader(body)
	case "zstd":
		z, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, fault(codeBadArguments, "request body is no zstd: %v", err)
		}
		body = z.IOReadCloser()
	default:
		return nil, fault(codeNotImplemented, "content encoding of the request is not supported")
	}
	if frames {
		body = plainEOF{compress.NewReader(body)}
	}
	return body, nil
}

// plainEOF unwraps the end of a reader that dresses it up.
type plainEOF struct{ r io.Reader }

func (p plainEOF) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if errors.Is(err, io.EOF) {
		err = io.EOF
	}
	return n, err
}

// output writes a result: through ClickHouse's frames, through a content
// coding, or plain. Nothing is sent, and no header is fixed, before the first
// byte; so an early exception still gets its status.
type output struct {
	w      http.ResponseWriter
	coder  io.WriteCloser // content coding, nil without
	frames *compress.Writer
	coding string
	begun  bool
}

// frameSize bounds the plain bytes of one compressed frame.
const frameSize = 1 << 20

func newOutput(w http.ResponseWriter, r *http.Request, req *request) *output {
	o := &output{w: w}
	if req.compress {
		method := compress.LZ4
		if req.method == "ZSTD" {
			method = compress.ZSTD
		}
		o.frames = compress.NewWriter(compress.LevelZero, method)
	}
	if req.acceptCoded {
		o.coding = chooseCoding(r.Header.Get("Accept-Encoding"))
	}
	return o
}

func chooseCoding(accept string) string {
	for _, want := range []string{"zstd", "br", "gzip", "deflate"} {
		for c := range strings.SplitSeq(accept, ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(c), ";")
			if strings.EqualFold(name, want) {
				return want
			}
		}
	}
	return ""
}

func (o *output) begin() error {
	if o.begun {
		return nil
	}
	o.begun = true
	if o.coding == "" {
		return nil
	}
	o.w.Header().Set("Content-Encoding", o.coding)
	var err error
	switch o.coding {
	case "zstd":
		o.coder, err = zstd.NewWriter(o.w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	case "br":
		o.coder = brotli.NewWriterLevel(o.w, 3)
	case "gzip":
		o.coder, err = gzip.NewWriterLevel(o.w, gzip.BestSpeed)
	case "deflate":
		o.coder, err = zlib.NewWriterLevel(o.w, flate.BestSpeed)
	}
	return err
}

// Write sends a piece of the result. The bytes are not kept.
func (o *output) Write(b []byte) (int, error) {
	if err := o.begin(); err != nil {
		return 0, err
	}
	var w io.Writer = o.w
	if o.coder != nil {
		w = o.coder
	}
	if o.frames == nil {
		return w.Write(b)
	}
	for rest := b; len(rest) > 0; {
		piece := rest[:min(len(rest), frameSize)]
		rest = rest[len(piece):]
		if err := o.frames.Compress(piece); err != nil {
			return 0, err
		}
		if _, err := w.Write(o.frames.Data); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// Close ends the content coding.
func (o *output) Close() error {
	if o.coder == nil {
		return nil
	}
	return o.coder.Close()
}
