package serving

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// Drain is the end of a replica: for a while after it was told to stop it goes on serving, says that it is not ready, and
// asks each caller to come back by another connection. By then nobody calls it any more.
type Drain struct {
	began atomic.Bool
}

// Context returns a context that ends a time after parent does; in between the replica drains.
func (d *Drain) Context(parent context.Context, after time.Duration) context.Context {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	go func() {
		defer cancel()
		<-parent.Done()
		d.began.Store(true)
		timer := time.NewTimer(after)
		defer timer.Stop()
		<-timer.C
	}()
	return ctx
}

// Check is an error once the replica drains.
func (d *Drain) Check() error {
	if d.began.Load() {
		return errors.New("the replica is stopping")
	}
	return nil
}

// Server returns server, with every handler that is registered with it under Handler.
func (d *Drain) Server(server Server) Server { return &draining{Server: server, drain: d} }

// Server is what handlers are registered with.
type Server interface {
	Register(path string, handler http.Handler)
}

type draining struct {
	Server
	drain *Drain
}

// Register implements Server.
func (s *draining) Register(path string, handler http.Handler) {
	s.Server.Register(path, s.drain.Handler(handler))
}

// Handler closes the callers' connections, each after its answer, once the replica drains.
func (d *Drain) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if d.began.Load() {
			w.Header().Set("Connection", "close") // HTTP/1.1 closes; HTTP/2 sends GOAWAY.
		}
		next.ServeHTTP(w, req)
	})
}
