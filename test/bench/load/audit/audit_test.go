package audit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
)

// made returns an object whose UID is its name, and which that object controls.
func made(name, ownerKind, owner string) api.Object {
	object := api.Object{Metadata: api.Metadata{Name: name, UID: "uid-" + name}}
	if owner != "" {
		object.Metadata.OwnerReferences = []api.Owner{{Kind: ownerKind, Name: owner, UID: "uid-" + owner, Controller: true}}
	}
	return object
}

func claim(name, sandbox string) api.Object {
	object := made(name, "", "")
	object.Status.Sandbox.Name = sandbox
	return object
}

func pool(name string, replicas int) api.Object {
	object := made(name, "", "")
	object.Spec.Replicas = replicas
	return object
}

func deleted(object api.Object) api.Object {
	object.Metadata.DeletionTimestamp = "2026-01-01T00:00:00Z"
	return object
}

// right is a pool of one, and a claim with its Sandbox.
func right() Snapshot {
	return Snapshot{
		Claims:    []api.Object{claim("c", "s")},
		Pools:     []api.Object{pool("p", 1)},
		Sandboxes: []api.Object{made("s", kindClaim, "c"), made("m", kindPool, "p")},
		Pods:      []api.Object{made("s", kindSandbox, "s"), made("m", kindSandbox, "m")},
	}
}

func TestCheck(t *testing.T) {
	renamed := made("other", kindSandbox, "s")
	for name, test := range map[string]struct {
		change func(*Snapshot)
		want   []string
	}{
		"nothing is wrong": {func(*Snapshot) {}, nil},
		"a pool has one too many": {
			func(s *Snapshot) { s.Sandboxes = append(s.Sandboxes, made("m2", kindPool, "p")) },
			[]string{"excess: pool p has 2 Sandboxes and should have 1"},
		},
		"one too many that is being deleted is on its way out": {
			func(s *Snapshot) { s.Sandboxes = append(s.Sandboxes, deleted(made("m2", kindPool, "p"))) },
			nil,
		},
		"a claim is gone, and its Sandbox stays": {
			func(s *Snapshot) { s.Claims = nil },
			[]string{"leak: the owner of Sandbox s, SandboxClaim c, is gone"},
		},
		"a Sandbox is gone, and its Pod stays": {
			func(s *Snapshot) { s.Sandboxes = s.Sandboxes[:1] },
			[]string{"leak: the owner of Pod m, Sandbox m, is gone"},
		},
		"nobody owns a Pod": {
			func(s *Snapshot) { s.Pods = append(s.Pods, made("x", "", "")) },
			[]string{"leak: Pod x has no owner"},
		},
		"a claim has two Sandboxes": {
			func(s *Snapshot) { s.Sandboxes = append(s.Sandboxes, made("s2", kindClaim, "c")) },
			[]string{"double: claim c has 2 Sandboxes, s and s2 among them"},
		},
		"two claims name one Sandbox": {
			func(s *Snapshot) { s.Claims = append(s.Claims, claim("d", "s")) },
			[]string{"double: Sandbox s is named by 2 claims, c and d among them", "double: claim d names Sandbox s and does not own it"},
		},
		"a claim names another Sandbox than it owns": {
			func(s *Snapshot) { s.Claims[0].Status.Sandbox.Name = "m" },
			[]string{"double: claim c names Sandbox m and owns s"},
		},
		"a claim that waits names none": {
			func(s *Snapshot) { s.Claims = append(s.Claims, claim("waits", "")) },
			nil,
		},
		"a Pod has another name than its Sandbox": {
			func(s *Snapshot) { s.Pods[0] = renamed },
			[]string{"double: Pod other is of Sandbox s"},
		},
		"a Sandbox has two Pods": {
			func(s *Snapshot) { s.Pods = append(s.Pods, renamed) },
			[]string{"double: Pod other is of Sandbox s", "double: Sandbox s has 2 Pods"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := right()
			test.change(&s)
			if diff := cmp.Diff(test.want, Check(s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLeft(t *testing.T) {
	if got := Left(Snapshot{}); got != nil {
		t.Errorf("of nothing there is left: %v", got)
	}
	want := []string{
		"leak: 1 of kind claim left after deletion, c among them", "leak: 1 of kind pool left after deletion, p among them",
		"leak: 2 of kind Sandbox left after deletion, s among them", "leak: 2 of kind Pod left after deletion, s among them",
	}
	if diff := cmp.Diff(want, Left(right())); diff != "" {
		t.Error(diff)
	}
}
