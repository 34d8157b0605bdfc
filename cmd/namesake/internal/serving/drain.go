package serving

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// Drain is the end of a replica. After the replica is told to stop, it goes on serving for a while, and says that it is not
// ready. It also asks each caller to reconnect. By the end of that time nobody calls it any more.
type Drain struct {
	began atomic.Bool
}

// Context returns a context that ends that long after parent does. The replica drains in between.
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

// Check returns an error once the replica drains.
func (d *Drain) Check() error {
	if d.began.Load() {
		return errors.New("the replica is stopping")
	}
	return nil
}

// Server returns server, changed so that every handler that is registered with it runs under Handler.
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

// Handler closes each caller's connection after the answer, once the replica drains.
func (d *Drain) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if d.began.Load() {
			w.Header().Set("Connection", "close") // HTTP/1.1 closes; HTTP/2 sends GOAWAY.
		}
		next.ServeHTTP(w, req)
	})
}
