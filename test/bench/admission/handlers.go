package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"time"

	"github.com/namesake-sandbox/namesake/webhooks"
)

// review is a call of a webhook as the API server made it.
type review struct {
	name, path string
	body       []byte
}

// recorder registers the webhooks, and keeps the last call of each path.
type recorder struct {
	server webhooks.Server

	mu    sync.Mutex
	calls map[string][]byte
	// off is set while calls are measured: they are passed through as they are.
	off bool
}

// Register implements webhooks.Server.
func (r *recorder) Register(path string, hook http.Handler) {
	r.server.Register(path, http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if err := r.record(path, request); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		hook.ServeHTTP(w, request)
	}))
}

func (r *recorder) record(path string, request *http.Request) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.off {
		return nil
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return err
	}
	if r.calls == nil {
		r.calls = map[string][]byte{}
	}
	r.calls[path] = body
	request.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// last returns the last call of a path.
func (r *recorder) last(name, path string) (review, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls[path] == nil {
		return review{}, fmt.Errorf("the API server did not call %s", path)
	}
	return review{name: name, path: path, body: r.calls[path]}, nil
}

// stop ends the recording.
func (r *recorder) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.off = true
}

// handle lets the webhook server answer a review without a connection. It returns how long that took, and how long a processor
// worked on it. On a busy machine the difference is the wait for a processor. worked is 0 if it is unknown.
func (s *server) handle(r review) (took, worked time.Duration, err error) {
	request := httptest.NewRequest(http.MethodPost, r.path, bytes.NewReader(r.body))
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := processorTime()
	began := time.Now()
	s.hooks.WebhookMux().ServeHTTP(answer, request)
	took = time.Since(began)
	worked = processorTime() - before
	if answer.Code != http.StatusOK || !bytes.Contains(answer.Body.Bytes(), []byte(`"allowed":true`)) {
		return 0, 0, fmt.Errorf("%s answers %d: %s", r.path, answer.Code, answer.Body)
	}
	return took, worked, nil
}
