package main

import (
	"errors"
	"fmt"
)

// others are webhooks that no request here may call.
var others = []hook{
	{"pod.mutate", "UPDATE"},
	{"pod.validate", "UPDATE"},
	{"probe.sandbox", "CREATE"},
	{"sandboxclaim.validate", "CREATE"},
	{"sandboxclaim.validate", "UPDATE"},
	{"sandboxclaim-status.validate", "UPDATE"},
}

// check compares the calls that the API server made with those that the requests must cost. A plain Pod and one of
// the manager's must cost none, whether the webhooks are installed or not.
func (b *bench) check(counted metrics) error {
	want := map[hook]int{}
	for _, r := range requests {
		for _, h := range r.calls {
			want[h] += b.sent[r.name]
		}
	}
	var errs []error
	for _, h := range append(others, measured...) {
		got := int(counted.sum(calls+"_count", h))
		if h == checkAdoption && got > want[h] {
			continue // The API server may try a patch of a new object twice, and then calls the webhooks twice.
		}
		if got != want[h] {
			errs = append(errs, fmt.Errorf("the API server called %s for %s %d times, and should have %d times", h.name, h.operation, got, want[h]))
		}
	}
	// The match conditions kept plain Pods and the manager's away, and not a missing installation.
	away := b.sent[plainPod] + b.sent[sandboxPod]
	if got := int(counted.sum(exclusions, validatePod)); got != away {
		errs = append(errs, fmt.Errorf("match conditions kept %d Pods from %s, and should have %d", got, validatePod.name, away))
	}
	return errors.Join(errs...)
}
