package seen

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
)

// server lists one claim, and plays a watch for each that begins: what it says, and then its end.
type server struct {
	mu      sync.Mutex
	watches []string
	// asked are the lists and the versions that watches began at.
	asked []string
	ended context.CancelFunc
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	if !strings.HasSuffix(r.URL.Path, api.Claims.Resource) || query.Get("watch") == "" {
		if strings.HasSuffix(r.URL.Path, api.Claims.Resource) {
			s.asked = append(s.asked, "list")
		}
		fmt.Fprintf(w, `{"metadata":{"resourceVersion":"%d"},"items":[]}`, 10*len(s.asked))
		return
	}
	s.asked = append(s.asked, "watch from "+query.Get("resourceVersion"))
	if len(s.watches) == 0 {
		s.ended()
		return
	}
	fmt.Fprintln(w, s.watches[0])
	s.watches = s.watches[1:]
}

// A watch that ends goes on where it was. Only where that is forgotten, all is listed again, and this counts as a gap.
func TestFollow(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &server{ended: cancel, watches: []string{
		`{"type":"ADDED","object":{"metadata":{"name":"a","uid":"1","resourceVersion":"11"}}}`,
		`{"type":"MODIFIED","object":{"metadata":{"name":"a","uid":"1","resourceVersion":"12"},"status":{"sandbox":{"name":"s"}}}}`,
		`{"type":"ERROR","object":{"code":410,"message":"too old"}}`,
	}}
	running := httptest.NewServer(s)
	t.Cleanup(running.Close)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	content := fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c","clusters":[{"name":"c","cluster":{"server":%q}}],`+
		`"contexts":[{"name":"c","context":{"cluster":"c"}}]}`, running.URL)
	if err := os.WriteFile(kubeconfig, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	client, err := api.New(kubeconfig, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r := New()
	r.follow(ctx, client, api.Claims, "ns", func(err error) {
		if !api.Is(err, http.StatusGone) && ctx.Err() == nil {
			t.Error(err)
		}
	})
	want := []string{"list", "watch from 10", "watch from 11", "watch from 12", "list", "watch from 50"}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Error(diff)
	}
	r.Look(func(record *Record) {
		if record.Gaps != 1 {
			t.Errorf("%d gaps, want 1", record.Gaps)
		}
	})
}
