package serving

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// callTimeout is how long a call may take, its body included. The API server waits no longer (timeoutSeconds of the
	// webhooks).
	callTimeout = 10 * time.Second
	// maxBody is the size of a body that is read, in bytes. The API server stores objects up to 1.5 MB, and a review has two
	// of them. It is the bound of controller-runtime, too.
	maxBody = 7 << 20
	// smallBody is the size up to which bodies are read at once, in bytes. Almost every review is smaller.
	smallBody = 64 << 10
	// largeCalls is how many calls with larger bodies are read and answered at a time, of all webhooks.
	largeCalls = 8
	// handlerCalls is how many calls of one webhook are answered at a time. Others wait.
	handlerCalls = 64
)

// Limits bounds what callers can make a replica do and hold at a time. Whoever reaches its port can call it.
type Limits struct {
	large slots
}

// NewLimits returns the limits of one replica.
func NewLimits() *Limits { return &Limits{large: make(slots, largeCalls)} }

// Server returns server, with every handler that is registered with it under Handler.
func (l *Limits) Server(server Server) Server { return &limited{Server: server, limits: l} }

type limited struct {
	Server
	limits *Limits
}

// Register implements Server.
func (s *limited) Register(path string, handler http.Handler) {
	s.Server.Register(path, s.limits.Handler(handler))
}

// Handler calls next with a whole body, a bounded number of times at once. A caller that is slow to send its body keeps no
// place in next.
func (l *Limits) Handler(next http.Handler) http.Handler {
	calls := make(slots, handlerCalls)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(req.Context(), callTimeout)
		defer cancel()
		if deadline, ok := ctx.Deadline(); ok {
			_ = http.NewResponseController(w).SetReadDeadline(deadline) // Not every ResponseWriter of a test can.
		}
		if req.ContentLength < 0 || req.ContentLength > smallBody {
			if !l.large.take(ctx) {
				http.Error(w, "too many large calls at a time", http.StatusServiceUnavailable)
				return
			}
			defer l.large.release()
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			http.Error(w, "the body cannot be read", http.StatusBadRequest)
			return
		}
		if !calls.take(ctx) {
			http.Error(w, "too many calls at a time", http.StatusServiceUnavailable)
			return
		}
		defer calls.release()
		req = req.WithContext(ctx)
		req.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, req)
	})
}

// slots are places that are taken and given back.
type slots chan struct{}

// take waits for a place, and reports whether it got one before ctx ended.
func (s slots) take(ctx context.Context) bool {
	select {
	case s <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s slots) release() { <-s }
