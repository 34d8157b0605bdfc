package suite

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/controllers"
)

// Lagging is a manager's cache that can be held back.
type Lagging struct {
	// Plain reads from the cache as it is. ReadYourWrites waits until the cache has seen what this client wrote.
	Plain, ReadYourWrites client.WithWatch

	gate *gate
}

// Lagging starts a separate cache for t.
func (n *Namespace) Lagging(t *testing.T) *Lagging {
	t.Helper()
	l := &Lagging{gate: newGate()}
	t.Cleanup(l.Resume)
	cfg := rest.CopyConfig(shared.controller)
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper { return &gated{next: next, gate: l.gate} })
	mgr, err := shared.manager(t.Context(), cfg, []string{metav1.NamespaceAll}, asItIs, controllers.Setup)
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

// Hold holds back from the cache everything that happens from now on.
func (l *Lagging) Hold() { l.gate.shut() }

// Resume lets the cache catch up.
func (l *Lagging) Resume() { l.gate.open() }

// Relist lets the cache catch up by a list. The pending watch events are lost, since they have expired.
func (l *Lagging) Relist() {
	l.gate.expire()
	l.gate.open()
}

// gate holds back or lets through what watches bring. It is open at first.
type gate struct {
	mu      sync.Mutex
	opened  chan struct{} // closed while the gate is open
	expired chan struct{} // closed when the current watches expire
}

func newGate() *gate {
	g := &gate{opened: make(chan struct{}), expired: make(chan struct{})}
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

func (g *gate) expire() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.expired)
	g.expired = make(chan struct{})
}

func (g *gate) expiry() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.expired
}

func (g *gate) wait() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened
}

// gated sends requests, and passes on what watches bring only while the gate is open.
type gated struct {
	next http.RoundTripper
	gate *gate
}

// RoundTrip implements http.RoundTripper.
func (g *gated) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := g.next.RoundTrip(request)
	if err == nil && request.URL.Query().Get("watch") != "" {
		response.Body = &gatedBody{body: response.Body, gate: g.gate, expired: g.gate.expiry(), closed: make(chan struct{})}
	}
	return response, err
}

type gatedBody struct {
	body    io.ReadCloser
	gate    *gate
	expired <-chan struct{}
	last    io.Reader // after the gate expired
	once    sync.Once
	closed  chan struct{}
}

// tooOld is how a watch of custom resources reports that its next events are not kept any more.
const tooOld = `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}}` + "\n"

// Read implements io.Reader.
func (b *gatedBody) Read(p []byte) (int, error) {
	if b.last != nil {
		return b.last.Read(p)
	}
	read, err := b.body.Read(p)
	select {
	case <-b.gate.wait():
	case <-b.closed:
		return 0, io.ErrClosedPipe
	}
	select {
	case <-b.expired:
		b.last = strings.NewReader(tooOld)
		return b.last.Read(p)
	default:
		return read, err
	}
}

// Close implements io.Closer.
func (b *gatedBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.body.Close()
}
