package api

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// serve returns a client, with three connections, of a server that answers like that.
func serve(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	const format = `{"apiVersion":"v1","kind":"Config","current-context":"c","clusters":[{"name":"c","cluster":{"server":%q}}],` +
		`"contexts":[{"name":"c","context":{"cluster":"c"}}]}`
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, fmt.Appendf(nil, format, server.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := New(kubeconfig, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Requests go over all connections in turns, and each connection is used again.
func TestConnections(t *testing.T) {
	var mu sync.Mutex
	from := map[string]int{}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		from[r.RemoteAddr]++
		fmt.Fprint(w, "{}")
	})
	for range 9 {
		if err := c.Get(t.Context(), "/x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(from) != 3 {
		t.Errorf("requests by connection: %v, want three of each of three", from)
	}
}

func TestRequests(t *testing.T) {
	var sent []string
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = append(sent, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")+" "+string(body))
	})
	if err := c.Create(t.Context(), Claims.In("ns"), Claims, map[string]any{"spec": map[string]any{}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Patch(t.Context(), ConfigMaps.In("ns", "a"), map[string]any{"data": nil}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"POST /apis/extensions.agents.x-k8s.io/v1beta1/namespaces/ns/sandboxclaims application/json " +
			`{"apiVersion":"extensions.agents.x-k8s.io/v1beta1","kind":"SandboxClaim","spec":{}}`,
		`PATCH /api/v1/namespaces/ns/configmaps/a application/merge-patch+json {"data":null}`,
	}
	for i := range want {
		if sent[i] != want[i] {
			t.Errorf("sent %s\nwant %s", sent[i], want[i])
		}
	}
}

// What is not there need not be deleted; every other answer that is no success is an error with its code.
func TestFailures(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		code := http.StatusNotFound
		if r.URL.Path == "/busy" {
			code = http.StatusTooManyRequests
		}
		http.Error(w, "no", code)
	})
	if err := c.Delete(t.Context(), "/gone"); err != nil {
		t.Errorf("deleting what is gone: %v", err)
	}
	if err := c.Delete(t.Context(), "/busy"); !Is(err, http.StatusTooManyRequests) {
		t.Errorf("deleting on a busy server: %v", err)
	}
	if err := c.Get(t.Context(), "/gone", nil); !IsNotFound(err) {
		t.Errorf("reading what is gone: %v", err)
	}
}

// A list is read page by page.
func TestList(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("continue") == "" {
			fmt.Fprint(w, `{"metadata":{"resourceVersion":"7","continue":"next"},"items":[{"metadata":{"name":"a"}}]}`)
			return
		}
		fmt.Fprint(w, `{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"b"}}]}`)
	})
	objects, version, err := c.List(t.Context(), Pods, "ns")
	if err != nil || version != "7" || len(objects) != 2 || objects[1].Metadata.Name != "b" {
		t.Errorf("List = %v, %q, %v", objects, version, err)
	}
}
