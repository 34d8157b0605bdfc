package suite

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Lagging is a manager's cache that can be held back.
type Lagging struct {
	// Plain reads from the cache as it is, ReadYourWrites waits until it has seen what this client wrote.
	Plain, ReadYourWrites client.WithWatch

	gate *gate
}

// Lagging starts a cache of its own for t.
func (n *Namespace) Lagging(t *testing.T) *Lagging {
	t.Helper()
	l := &Lagging{gate: newGate()}
	t.Cleanup(l.Resume)
	cfg := rest.CopyConfig(shared.controller)
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper { return &gated{next: next, gate: l.gate} })
	mgr, err := shared.manager(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for c, readYourWrites := range map[*client.WithWatch]bool{&l.Plain: false, &l.ReadYourWrites: true} {
		made, err := shared.cachedClient(shared.controller, mgr.GetCache(), readYourWrites)
		if err != nil {
			t.Fatal(err)
		}
		*c = made
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- mgr.GetCache().Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if !mgr.GetCache().WaitForCacheSync(ctx) {
		t.Fatal("the cache does not start")
	}
	for _, list := range kinds() { // Each list starts its informer and waits for it.
		if err := l.Plain.List(t.Context(), list, client.InNamespace(n.Name)); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// Hold keeps everything that happens from now on from the cache.
func (l *Lagging) Hold() { l.gate.shut() }

// Resume lets the cache catch up.
func (l *Lagging) Resume() { l.gate.open() }

// gate is open at first.
type gate struct {
	mu     sync.Mutex
	opened chan struct{} // closed while the gate is open
}

func newGate() *gate {
	g := &gate{opened: make(chan struct{})}
	close(g.opened)
	return g
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.opened:
	default:
		close(g.opened)
	}
}

func (g *gate) wait() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened
}

// gated sends requests, and hands on what watches bring only while the gate is open.
type gated struct {
	next http.RoundTripper
	gate *gate
}

// RoundTrip implements http.RoundTripper.
func (g *gated) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := g.next.RoundTrip(request)
	if err == nil && request.URL.Query().Get("watch") != "" {
		response.Body = &gatedBody{body: response.Body, gate: g.gate, closed: make(chan struct{})}
	}
	return response, err
}

type gatedBody struct {
	body   io.ReadCloser
	gate   *gate
	once   sync.Once
	closed chan struct{}
}

// Read implements io.Reader.
func (b *gatedBody) Read(p []byte) (int, error) {
	read, err := b.body.Read(p)
	select {
	case <-b.gate.wait():
		return read, err
	case <-b.closed:
		return 0, io.ErrClosedPipe
	}
}

// Close implements io.Closer.
func (b *gatedBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.body.Close()
}
