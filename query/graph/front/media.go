package front

import (
	"net/http"
	"strconv"
	"strings"
)

// media is the media type of an answer.
type media uint8

const (
	mediaNone    media = iota // the caller accepts neither
	mediaJSON                 // application/json: well-formed requests answer 200
	mediaGraphQL              // application/graphql-response+json: faulty documents answer 400
)

// accepts picks the media type of the answer: the first of the acceptable ones
// with the highest weight. Whoever accepts anything gets application/json.
func accepts(headers []string) media {
	if len(headers) == 0 || len(headers) == 1 && (headers[0] == "*/*" || headers[0] == "") {
		return mediaJSON
	}
	best, weight := mediaNone, 0.0
	for _, h := range headers {
		for part := range strings.SplitSeq(h, ",") {
			name, params, _ := strings.Cut(part, ";")
			var m media
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "application/graphql-response+json":
				m = mediaGraphQL
			case "application/json", "application/*", "*/*":
				m = mediaJSON
			default:
				continue
			}
			if q := quality(params); q > weight {
				best, weight = m, q
			}
		}
	}
	return best
}

// quality reads the q of a media range's parameters.
func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil || q < 0 || q > 1 {
				return 0
			}
			return q
		}
	}
	return 1
}

// status is that of a well-formed request: application/json answers 200
// whatever the document, application/graphql-response+json tells a request that
// was never executed.
func status(m media, executed bool) int {
	if m == mediaGraphQL && !executed {
		return http.StatusBadRequest
	}
	return http.StatusOK
}
