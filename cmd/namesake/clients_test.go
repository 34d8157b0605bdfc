package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/unreadable"
)

// All clients share one limit, however many there are, and their configuration stays as it was.
func TestRate(t *testing.T) {
	for name, tc := range map[string]struct {
		qps     float64
		limited bool
	}{
		"no limit":      {-1, false},
		"a limit":       {0.002, true},
		"a lower limit": {0.001, true},
	} {
		t.Run(name, func(t *testing.T) {
			given := &rest.Config{Host: "a"}
			cfg := limitRate(given, tc.qps, 10)
			if given.RateLimiter != nil || given.QPS != 0 {
				t.Error("the given configuration has changed")
			}
			if limited := cfg.RateLimiter != nil; limited != tc.limited || cfg.QPS != float32(tc.qps) {
				t.Fatalf("limited: %t, %v a second", limited, cfg.QPS)
			}
			if !tc.limited {
				return
			}
			claims, others := rest.CopyConfig(cfg), rest.CopyConfig(cfg)
			for range 5 {
				if !claims.RateLimiter.TryAccept() || !others.RateLimiter.TryAccept() {
					t.Fatal("less than the burst is accepted")
				}
			}
			if claims.RateLimiter.TryAccept() || others.RateLimiter.TryAccept() {
				t.Error("more than the burst is accepted, over all clients")
			}
		})
	}
}

// What webhooks read live is decoded as carefully as what the manager reads: an object that Go cannot read is named, and 429 is passed on.
func TestWebhookClients(t *testing.T) {
	answers := map[string]func(http.ResponseWriter){
		"unreadable": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"apiVersion":"agents.x-k8s.io/v1beta1","kind":"Sandbox","metadata":{"namespace":"a","name":"unreadable"},`+
				`"spec":{"podTemplate":{"spec":{"containers":[{"name":"main","ports":[{"containerPort":3000000000}]}]}}}}`)
		},
		"busy": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "32")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answers[path.Base(r.URL.Path)](w) }))
	defer server.Close()
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	live, _, err := newWebhookClients(&rest.Config{Host: server.URL}, scheme, meta.NewDefaultRESTMapper(nil))
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) error {
		return live.Get(t.Context(), client.ObjectKey{Namespace: "a", Name: name}, &sandboxv1.Sandbox{})
	}
	if err := read("unreadable"); !errors.As(err, new(*unreadable.Error)) {
		t.Errorf("reading what is not readable: %v", err)
	}
	if err := read("busy"); !apierrors.IsTooManyRequests(err) {
		t.Errorf("reading from an API server that is busy: %v", err)
	}
}
