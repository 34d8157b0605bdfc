package main

import (
	"testing"

	"k8s.io/client-go/rest"
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
