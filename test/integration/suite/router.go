package suite

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
)

// router serves the webhooks of several managers behind one address. A namespace with a Process has that one's webhooks, all others
// have those of the package. A request for a Process that is about to start waits for it, as for a Pod that is not ready yet.
type router struct {
	mu      sync.Mutex
	shared  handlers
	places  map[string]handlers
	changed chan struct{} // closed, and replaced, when places change
}

// handlers are webhooks by their path. Those of a namespace that nobody serves yet are nil.
type handlers map[string]http.Handler

func newRouter() *router {
	return &router{shared: handlers{}, places: map[string]handlers{}, changed: make(chan struct{})}
}

// Register implements webhooks.Server.
func (h handlers) Register(path string, hook http.Handler) { h[path] = hook }

// route makes served serve the namespace. If it is nil, requests wait until there is another.
func (r *router) route(namespace string, served handlers) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.places[namespace] = served
	r.tell()
}

// routeUnless is route, unless ctx has ended.
func (r *router) routeUnless(ctx context.Context, namespace string, served handlers) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() == nil {
		r.places[namespace] = served
		r.tell()
	}
}

// leave gives the namespace back to the webhooks of the package.
func (r *router) leave(namespace string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.places, namespace)
	r.tell()
}

func (r *router) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// look returns what serves the namespace, whether anything does, and what is closed when that changes.
func (r *router) look(namespace string) (served handlers, ok bool, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	served, ok = r.places[namespace]
	if !ok {
		return r.shared, true, r.changed
	}
	return served, served != nil, r.changed
}

// ServeHTTP implements http.Handler.
func (r *router) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var review struct {
		Request struct {
			Namespace string `json:"namespace"`
		} `json:"request"`
	}
	if err := json.Unmarshal(body, &review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	for {
		served, ok, changed := r.look(review.Request.Namespace)
		if ok {
			served[request.URL.Path].ServeHTTP(w, request)
			return
		}
		select {
		case <-changed:
		case <-request.Context().Done():
			return
		}
	}
}
