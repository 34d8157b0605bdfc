package main

import (
	"errors"
	"fmt"
)

// others are webhooks that no request here may call.
var others = []hook{
	{"pod.mutate", "UPDATE"},
	{"pod.validate", "UPDATE"},
	{"probe.sandbox.validate", "CREATE"},
	{"sandboxclaim.validate", "CREATE"},
	{"sandboxclaim.validate", "UPDATE"},
	{"sandboxclaim-status.validate", "UPDATE"},
}

// check compares the calls that the API server made with those that the requests must cost: a plain Pod none, whether
// the webhooks are installed or not.
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
			continue // A patch of what was just written may be tried twice inside the API server, which then asks twice.
		}
		if got != want[h] {
			errs = append(errs, fmt.Errorf("the API server called %s for %s %d times, and should have %d times", h.name, h.operation, got, want[h]))
		}
	}
	// What kept plain Pods away were the match conditions, and not that nothing was installed.
	if got := int(counted.sum(exclusions, validatePod)); got != b.sent[plainPod] {
		errs = append(errs, fmt.Errorf("match conditions kept %d Pods from %s, and should have %d", got, validatePod.name, b.sent[plainPod]))
	}
	return errors.Join(errs...)
}
