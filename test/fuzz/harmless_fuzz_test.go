package fuzz

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/namesake-sandbox/namesake/internal/limits"
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

// harmless are updates that break nothing, whatever the object is like.
var harmless = []func(r *tape.Request){
	func(*tape.Request) {}, // The object as it was.
	func(r *tape.Request) { under(r.Object, "metadata", "labels")["example.com/own"] = "mine" },
	func(r *tape.Request) { under(r.Object, "metadata", "annotations")["example.com/own"] = "mine" },
	func(r *tape.Request) { delete(under(r.Object, "metadata", "annotations"), "example.com/own") },
	func(r *tape.Request) { delete(under(r.Object, "metadata"), "finalizers") },
	func(r *tape.Request) {
		r.Subresource = "status"
		under(r.Object, "status")["message"] = "words"
	},
	func(r *tape.Request) { // What the garbage collector does to dependents that it orphans.
		r.User = collector
		delete(under(r.Object, "metadata"), "ownerReferences")
	},
	func(r *tape.Request) { // What it does before it deletes an owner in the foreground.
		r.User = collector
		owners, _ := at(r.Object, "metadata", "ownerReferences").([]any)
		for _, owner := range owners {
			if ref, ok := owner.(object); ok {
				ref["blockOwnerDeletion"] = false
			}
		}
	},
	func(r *tape.Request) {
		if r.Kind == "SandboxClaim" {
			under(r.Object, "spec", "lifecycle")["shutdownTime"] = "2030-01-01T00:00:00Z"
		}
	},
	func(r *tape.Request) {
		if r.Kind == "SandboxWarmPool" {
			under(r.Object, "spec")["replicas"] = int64(3)
		}
	},
}

// under returns the object at a path, and makes it where there is none.
func under(o object, path ...string) object {
	for _, key := range path {
		next, ok := o[key].(object)
		if !ok || next == nil {
			next = object{}
			o[key] = next
		}
		o = next
	}
	return o
}

// FuzzHarmless changes the objects of real requests, takes them for stored, and makes a harmless change: nobody refuses it.
func FuzzHarmless(f *testing.F) {
	all, a := reviews(f), loadAPIServer(f)
	for i := range all {
		if i%2 == 0 {
			f.Add(byte(i), byte(i/2), []byte{})
		}
	}
	f.Add(byte(3), byte(6), []byte{2, 0, 3, 2, 1, 0, 9, 0})
	f.Fuzz(func(t *testing.T, which, change byte, program []byte) {
		r, tp := all[int(which)%len(all)].Clone(), tape.New(program)
		r.Mutate(tp, wordsOf(r))
		r.User, r.Operation, r.Subresource, r.DryRun = "editor", "UPDATE", "", false
		if r.Object = a.stored(r.Kind, r.Object); r.Object == nil {
			return
		}
		r.Old = tape.Clone(r.Object)
		harmless[int(change)%len(harmless)](r)
		if r = a.arrive(r); r == nil || !a.valid(t, r.Kind, nil, r.Old) || !a.valid(t, r.Kind, r.Old, r.Object) {
			return
		}
		if limits.Check(tape.Raw(r.Object), limits.ShapeOf[corev1.Pod]()) != nil {
			return // What is too large to be read is refused until it is made smaller.
		}
		w := newWorld(r, tp)
		if out := a.admit(t, newServer(w, r, tape.New(nil)), r, ""); !out.accepted {
			t.Errorf("change %d is refused by %s: %s\nold %s\nnew %s", int(change)%len(harmless), out.by, out.why, tape.Raw(r.Old), tape.Raw(r.Object))
		}
	})
}
