// Package seen records what watches see of a namespace, and when.
package seen

import (
	"context"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
)

// Claim is a claim's story.
type Claim struct {
	UID string
	// ReadyAt is when the claim was first seen Ready with a Sandbox's name, zero before.
	ReadyAt time.Time
	// Sandboxes are the names of the Sandboxes that the claim's status has named so far, in order, and Bindings those that its binding
	// has named. A second one in either means that it was bound again.
	Sandboxes, Bindings []string
	// Reason is that of the condition Ready.
	Reason string
	// ready is closed at ReadyAt.
	ready chan struct{}
}

// Sandbox is a Sandbox's story.
type Sandbox struct {
	Name string
	// Pool is the UID of the pool that controls the Sandbox now.
	Pool string
	// Pooled says that a pool has controlled it at some time.
	Pooled bool
	// Ready and Deleting are what it is now, ReadyAt is when it was first seen Ready.
	Ready, Deleting bool
	ReadyAt         time.Time
}

// Record is what has been seen so far. Claims are known by name, the others by UID. Look gives access.
type Record struct {
	Claims    map[string]*Claim
	Sandboxes map[string]*Sandbox
	Pods      map[string]bool
	// LabelledAt is when a Pod with that claim's UID was first seen.
	LabelledAt map[string]time.Time
	// LastAt is when the last change was seen, of any of these and of pools.
	LastAt time.Time
	// Gaps counts the watches that had to begin again with a list: what changed meanwhile was seen late, or never.
	Gaps int
}

// Recorder fills a Record.
type Recorder struct {
	mu      sync.Mutex
	record  Record
	changed chan struct{}
}

// New returns a Recorder that has seen nothing.
func New() *Recorder {
	return &Recorder{
		record: Record{
			Claims: map[string]*Claim{}, Sandboxes: map[string]*Sandbox{}, Pods: map[string]bool{}, LabelledAt: map[string]time.Time{},
		},
		changed: make(chan struct{}),
	}
}

// Follow watches a namespace until ctx is done. failed is told of errors other than that.
func (r *Recorder) Follow(ctx context.Context, c *api.Client, namespace string, failed func(error)) {
	var watches sync.WaitGroup
	defer watches.Wait()
	for _, kind := range []api.Kind{api.Claims, api.Sandboxes, api.Pods, api.Pools} {
		watches.Go(func() { r.follow(ctx, c, kind, namespace, failed) })
	}
}

// follow lists and watches. A watch that ends begins again after the last change that it showed, so nothing is missed; the API
// server ends watches that are read too slowly. Only if it no longer knows that change, there is a gap.
func (r *Recorder) follow(ctx context.Context, c *api.Client, kind api.Kind, namespace string, failed func(error)) {
	version, lists := "", 0
	for ctx.Err() == nil {
		var err error
		if version == "" {
			if version, err = r.list(ctx, c, kind, namespace, lists > 0); err == nil {
				lists++
			}
		}
		if err == nil {
			err = c.Watch(ctx, kind, namespace, version, func(e api.Event) {
				version = e.Object.Metadata.ResourceVersion
				r.See(kind, e)
			})
		}
		if api.Is(err, http.StatusGone) {
			version = ""
		}
		if err != nil && ctx.Err() == nil {
			failed(err)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
}

// list takes a list for what there is, so what is not in it is gone, and returns its version. again says that it closes a gap.
func (r *Recorder) list(ctx context.Context, c *api.Client, kind api.Kind, namespace string, again bool) (string, error) {
	objects, version, err := c.List(ctx, kind, namespace)
	if err != nil {
		return "", err
	}
	if again {
		r.Look(func(record *Record) { record.Gaps++ })
	}
	r.relist(kind, objects, time.Now())
	return version, nil
}

func (r *Recorder) relist(kind api.Kind, objects []api.Object, at time.Time) {
	names, uids := map[string]bool{}, map[string]bool{}
	for _, object := range objects {
		names[object.Metadata.Name], uids[object.Metadata.UID] = true, true
	}
	r.Look(func(record *Record) {
		switch kind {
		case api.Claims:
			// A claim without a UID was not seen yet: somebody waits for it.
			maps.DeleteFunc(record.Claims, func(name string, c *Claim) bool { return c.UID != "" && !names[name] })
		case api.Sandboxes:
			maps.DeleteFunc(record.Sandboxes, func(uid string, _ *Sandbox) bool { return !uids[uid] })
		case api.Pods:
			maps.DeleteFunc(record.Pods, func(uid string, _ bool) bool { return !uids[uid] })
		}
	})
	for i := range objects {
		r.See(kind, api.Event{Type: "ADDED", Object: &objects[i], At: at})
	}
}

// See takes note of an event.
func (r *Recorder) See(kind api.Kind, e api.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record.LastAt = e.At
	switch kind {
	case api.Claims:
		r.record.seeClaim(e)
	case api.Sandboxes:
		r.record.seeSandbox(e)
	case api.Pods:
		r.record.seePod(e)
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// claim returns the story of a claim, which begins here if there is none.
func (r *Record) claim(name string) *Claim {
	if r.Claims[name] == nil {
		r.Claims[name] = &Claim{ready: make(chan struct{})}
	}
	return r.Claims[name]
}

func (r *Record) seeSandbox(e api.Event) {
	uid := e.Object.Metadata.UID
	if e.Type == "DELETED" {
		delete(r.Sandboxes, uid)
		return
	}
	sandbox := r.Sandboxes[uid]
	if sandbox == nil {
		sandbox = &Sandbox{Name: e.Object.Metadata.Name}
		r.Sandboxes[uid] = sandbox
	}
	sandbox.Pool = ""
	if owner := e.Object.Controller(); owner.Kind == api.Pools.Kind {
		sandbox.Pool, sandbox.Pooled = owner.UID, true
	}
	sandbox.Ready, sandbox.Deleting = e.Object.Ready(), e.Object.Metadata.DeletionTimestamp != ""
	if sandbox.ReadyAt.IsZero() && sandbox.Ready {
		sandbox.ReadyAt = e.At
	}
}

func (r *Record) seePod(e api.Event) {
	uid := e.Object.Metadata.UID
	if e.Type == "DELETED" {
		delete(r.Pods, uid)
		return
	}
	r.Pods[uid] = true
	if claim := e.Object.Metadata.Labels[api.LabelClaimUID]; claim != "" && r.LabelledAt[claim].IsZero() {
		r.LabelledAt[claim] = e.At
	}
}

// Members returns how many Sandboxes a pool controls that are not being deleted, and how many of them are Ready.
func (r *Record) Members(pool string) (all, ready int) {
	for _, sandbox := range r.Sandboxes {
		if sandbox.Pool == pool && !sandbox.Deleting {
			all++
			if sandbox.Ready {
				ready++
			}
		}
	}
	return all, ready
}

// Look calls f with the record, which f may read only while it runs.
func (r *Recorder) Look(f func(*Record)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.record)
}

// Ready returns a channel that is closed when the claim of that name is Ready.
func (r *Recorder) Ready(name string) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.record.claim(name).ready
}

// pause is how long Await lets changes gather before it looks again. Times come from the record, so no result is coarser for it.
const pause = 20 * time.Millisecond

// Await waits until the record is as done says, and reports whether that was before ctx was done.
func (r *Recorder) Await(ctx context.Context, done func(*Record) bool) bool {
	for {
		r.mu.Lock()
		met, changed := done(&r.record), r.changed
		r.mu.Unlock()
		if met {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pause):
		}
	}
}

// AwaitQuiet waits until nothing has changed for that long, and reports whether that was before ctx was done.
func (r *Recorder) AwaitQuiet(ctx context.Context, long time.Duration) bool {
	began := time.Now()
	for {
		last := began
		r.Look(func(record *Record) {
			if record.LastAt.After(last) {
				last = record.LastAt
			}
		})
		wait := time.Until(last.Add(long))
		if wait <= 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(wait):
		}
	}
}
