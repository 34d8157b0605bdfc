package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
)

// TestWarn checks that whoever sets a flag without effect is told why.
func TestWarn(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want []string
	}{
		"nothing": {},
		"flags of agent-sandbox": {[]string{"--extensions", "--api-connections=1"}, []string{
			`"level"=0 "msg"="Flag has no effect" "flag"="api-connections" "because"="claims have a connection to the API server of their own, and share it with nobody"`,
			`"level"=0 "msg"="Flag has no effect" "flag"="extensions" "because"="pools, claims and templates are always served"`,
		}},
		"many workers": {[]string{"--sandbox-concurrent-workers=1000"}, []string{
			`"level"=0 "msg"="So many workers load the API server and gain nothing" "workers"=1064 "atMost"=1000`,
		}},
		"more workers than requests": {[]string{"--kube-api-qps=100", "--kube-api-burst=20"}, []string{
			`"level"=0 "msg"="Workers will wait for each other: more of them than --kube-api-burst lets through at once" "workers"=164 "burst"=20`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := parsed(t, tc.args...)
			var lines []string
			o.warn(funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{}))
			if diff := cmp.Diff(tc.want, lines); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProfiles(t *testing.T) {
	const cpu, heap = "/debug/pprof/profile?seconds=1", "/debug/pprof/heap"
	for name, tc := range map[string]struct {
		args []string
		want map[string]int
	}{
		"by default":                    {nil, map[string]int{cpu: 404, heap: 404}},
		"with --enable-pprof":           {[]string{"--enable-pprof"}, map[string]int{cpu: 200, heap: 404}},
		"with --enable-pprof-debug too": {[]string{"--enable-pprof-debug"}, map[string]int{cpu: 200, heap: 200, "/debug/pprof/mutex": 200, "/debug/pprof/cmdline": 200}},
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := parsed(t, tc.args...)
			mux := http.NewServeMux()
			for path, handler := range o.profiling.handlers() {
				mux.Handle(path, handler)
			}
			for path, want := range tc.want {
				response := httptest.NewRecorder()
				mux.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
				if response.Code != want {
					t.Errorf("GET %s: %d, want %d", path, response.Code, want)
				}
				if gzipped := bytes.HasPrefix(response.Body.Bytes(), []byte("\x1f\x8b")); want == 200 && !gzipped && !strings.HasSuffix(path, "cmdline") {
					t.Errorf("GET %s: %.40q is no profile", path, response.Body)
				}
			}
		})
	}
}

// TestShutdownTimeout checks that everything that a manager has to end ends before the kubelet kills it.
func TestShutdownTimeout(t *testing.T) {
	o, _ := parsed(t)
	if sum := o.shutdownDelay + o.shutdownTimeout() + lastTimeout; sum > o.gracePeriod || o.shutdownTimeout() < 1 {
		t.Errorf("%s of draining, %s to stop and %s after that are more than %s", o.shutdownDelay, o.shutdownTimeout(), lastTimeout, o.gracePeriod)
	}
}
