package metrics

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestPartsOfAProcessShareAMetric(t *testing.T) {
	reg := New()
	Counter(reg, "test", "things_total", "Things.").Inc()
	Counter(reg, "test", "things_total", "Things.").Inc()
	Counters(reg, "test", "kinds_total", "Kinds.", "kind").WithLabelValues("a").Inc()
	Counter(nil, "test", "things_total", "Things.").Inc()
	w := httptest.NewRecorder()
	Handler(reg).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{"credithub_test_things_total 2\n", `credithub_test_kinds_total{kind="a"} 1`, "credithub_build_info{", "go_goroutines"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestMetricsThatContradictAreAMistake(t *testing.T) {
	reg := prometheus.NewRegistry()
	Counter(reg, "test", "x", "One.")
	defer func() {
		if recover() == nil {
			t.Error("taken")
		}
	}()
	Gauge(reg, "test", "x", "Another.")
}

func TestBuildTellsTheCompiler(t *testing.T) {
	if b := Build(); b.Go == "" || b.Version == "" {
		t.Errorf("%+v", b)
	}
}
