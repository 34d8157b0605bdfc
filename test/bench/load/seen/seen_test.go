package seen

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
)

func at(seconds int64) time.Time { return time.Unix(seconds, 0) }

// see shows the recorder an object, and returns it for changes.
func see(r *Recorder, kind api.Kind, second int64, change func(*api.Object)) {
	object := &api.Object{Metadata: api.Metadata{Name: "a", UID: "1"}}
	change(object)
	r.See(kind, api.Event{Type: "MODIFIED", Object: object, At: at(second)})
}

func ready(o *api.Object) { o.Status.Conditions = []api.Condition{{Type: "Ready", Status: "True"}} }

func TestAClaimIsReadyOnceWithASandbox(t *testing.T) {
	r := New()
	signal := r.Ready("a")
	bound := func(name string) func(*api.Object) {
		return func(o *api.Object) { o.Metadata.Annotations = map[string]string{"agents.x-k8s.io/sandbox-name": name} }
	}
	see(r, api.Claims, 1, func(*api.Object) {})
	see(r, api.Claims, 1, bound("taken"))
	see(r, api.Claims, 2, bound("s"))
	see(r, api.Claims, 2, bound("s"))
	see(r, api.Claims, 2, ready)
	select {
	case <-signal:
		t.Fatal("a claim without a Sandbox is Ready")
	default:
	}
	see(r, api.Claims, 3, func(o *api.Object) { ready(o); o.Status.Sandbox.Name = "s" })
	see(r, api.Claims, 4, func(o *api.Object) { ready(o); o.Status.Sandbox.Name = "s" })
	<-signal
	see(r, api.Claims, 5, func(o *api.Object) { o.Status.Sandbox.Name = "other" })
	r.Look(func(record *Record) {
		claim := record.Claims["a"]
		if !claim.ReadyAt.Equal(at(3)) || !slices.Equal(claim.Sandboxes, []string{"s", "other"}) || !slices.Equal(claim.Bindings, []string{"taken", "s"}) {
			t.Errorf("the claim: %+v", claim)
		}
	})
}

func TestMembers(t *testing.T) {
	r := New()
	for uid, change := range map[string]func(*api.Object){
		"1": ready,
		"2": func(*api.Object) {},
		"3": func(o *api.Object) { ready(o); o.Metadata.DeletionTimestamp = "now" },
	} {
		see(r, api.Sandboxes, 1, func(o *api.Object) {
			o.Metadata.UID = uid
			o.Metadata.OwnerReferences = []api.Owner{{Kind: "SandboxWarmPool", UID: "p", Controller: true}}
			change(o)
		})
	}
	r.Look(func(record *Record) {
		if all, ready := record.Members("p"); all != 2 || ready != 1 {
			t.Errorf("%d members, %d of them Ready; want 2 and 1", all, ready)
		}
	})
	see(r, api.Sandboxes, 2, func(o *api.Object) {
		ready(o)
		o.Metadata.OwnerReferences = []api.Owner{{Kind: "SandboxClaim", UID: "c", Controller: true}}
	})
	r.Look(func(record *Record) {
		if all, ready := record.Members("p"); all != 1 || ready != 0 || !record.Sandboxes["1"].Pooled {
			t.Errorf("after an adoption: %d members, %d of them Ready; the adopted one: %+v", all, ready, record.Sandboxes["1"])
		}
	})
}

func TestTheFirstLabelCounts(t *testing.T) {
	r := New()
	see(r, api.Pods, 1, func(*api.Object) {})
	for second := range int64(3) {
		see(r, api.Pods, 2+second, func(o *api.Object) { o.Metadata.Labels = map[string]string{api.LabelClaimUID: "c"} })
	}
	r.Look(func(record *Record) {
		if !record.LabelledAt["c"].Equal(at(2)) {
			t.Errorf("the label was seen at %v", record.LabelledAt["c"])
		}
	})
}

// What a new list does not have is gone, and what it has keeps its story.
func TestRelist(t *testing.T) {
	r := New()
	for _, name := range []string{"a", "b"} {
		see(r, api.Claims, 1, func(o *api.Object) { o.Metadata.Name = name; ready(o); o.Status.Sandbox.Name = "s" })
	}
	r.relist(api.Claims, []api.Object{{Metadata: api.Metadata{Name: "a"}}}, at(2))
	r.Look(func(record *Record) {
		if len(record.Claims) != 1 || !record.Claims["a"].ReadyAt.Equal(at(1)) {
			t.Errorf("claims after a list: %+v", record.Claims)
		}
	})
}

func TestAwait(t *testing.T) {
	r := New()
	go see(r, api.Claims, 1, func(*api.Object) {})
	if !r.Await(t.Context(), func(record *Record) bool { return len(record.Claims) == 1 }) {
		t.Error("Await did not see the claim")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r.Await(ctx, func(*Record) bool { return false }) {
		t.Error("Await saw what never was")
	}
}
