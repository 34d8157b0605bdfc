// Package audit looks for what must not be, in the objects of one namespace.
package audit

import (
	"fmt"
	"slices"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
)

// Snapshot is what a namespace holds when nothing moves any more.
type Snapshot struct {
	Claims, Pools, Sandboxes, Pods []api.Object
}

// Kinds of owners.
const (
	kindClaim   = "SandboxClaim"
	kindPool    = "SandboxWarmPool"
	kindSandbox = "Sandbox"
)

// Check returns what is wrong, a sentence each, in order:
//
//   - in excess: a pool has more Sandboxes than it should
//   - leaks: a Sandbox or Pod whose owner is gone, or that nobody owns
//   - doubles: two Sandboxes for one claim, two claims for one Sandbox, two Pods for one Sandbox, a Pod that is not named after
//     its Sandbox, a claim that names another Sandbox than its own
//
// What is being deleted is on its way out and not looked at.
func Check(s Snapshot) []string {
	var found []string
	found = append(found, s.excess()...)
	found = append(found, s.leaks()...)
	found = append(found, s.doubleSandboxes()...)
	found = append(found, s.doubleClaims()...)
	found = append(found, s.pods()...)
	slices.Sort(found)
	return found
}

// Left returns what is left although everything that it was for is deleted, a sentence each.
func Left(s Snapshot) []string {
	var found []string
	for _, kind := range []struct {
		name    string
		objects []api.Object
	}{{"claim", s.Claims}, {"pool", s.Pools}, {"Sandbox", s.Sandboxes}, {"Pod", s.Pods}} {
		if n := len(kind.objects); n > 0 {
			found = append(found, fmt.Sprintf("leak: %d of kind %s left after deletion, %s among them", n, kind.name, kind.objects[0].Metadata.Name))
		}
	}
	return found
}

// alive returns the objects that are not being deleted.
func alive(objects []api.Object) []api.Object {
	var found []api.Object
	for _, object := range objects {
		if object.Metadata.DeletionTimestamp == "" {
			found = append(found, object)
		}
	}
	return found
}

// byController returns the objects that are alive, by the UID of their controller of that kind.
func byController(objects []api.Object, kind string) map[string][]api.Object {
	found := map[string][]api.Object{}
	for _, object := range alive(objects) {
		if owner := object.Controller(); owner.Kind == kind {
			found[owner.UID] = append(found[owner.UID], object)
		}
	}
	return found
}

func (s Snapshot) excess() []string {
	var found []string
	members := byController(s.Sandboxes, kindPool)
	for _, pool := range alive(s.Pools) {
		if n := len(members[pool.Metadata.UID]); n > pool.Spec.Replicas {
			found = append(found, fmt.Sprintf("excess: pool %s has %d Sandboxes and should have %d", pool.Metadata.Name, n, pool.Spec.Replicas))
		}
	}
	return found
}

func (s Snapshot) leaks() []string {
	uids := map[string]bool{}
	for _, objects := range [][]api.Object{s.Claims, s.Pools, s.Sandboxes} {
		for _, object := range objects {
			uids[object.Metadata.UID] = true
		}
	}
	var found []string
	for name, objects := range map[string][]api.Object{"Sandbox": s.Sandboxes, "Pod": s.Pods} {
		for _, object := range alive(objects) {
			switch owner := object.Controller(); {
			case owner.UID == "":
				found = append(found, fmt.Sprintf("leak: %s %s has no owner", name, object.Metadata.Name))
			case !uids[owner.UID]:
				found = append(found, fmt.Sprintf("leak: the owner of %s %s, %s %s, is gone", name, object.Metadata.Name, owner.Kind, owner.Name))
			}
		}
	}
	return found
}

// doubleSandboxes finds claims that control several Sandboxes, or another one than they name.
func (s Snapshot) doubleSandboxes() []string {
	var found []string
	owned := byController(s.Sandboxes, kindClaim)
	for _, claim := range alive(s.Claims) {
		name, its := claim.Metadata.Name, owned[claim.Metadata.UID]
		named := claim.Status.Sandbox.Name
		switch {
		case len(its) > 1:
			found = append(found, fmt.Sprintf("double: claim %s has %d Sandboxes, %s and %s among them", name, len(its), its[0].Metadata.Name, its[1].Metadata.Name))
		case named != "" && len(its) == 0:
			found = append(found, fmt.Sprintf("double: claim %s names Sandbox %s and does not own it", name, named))
		case named != "" && its[0].Metadata.Name != named:
			found = append(found, fmt.Sprintf("double: claim %s names Sandbox %s and owns %s", name, named, its[0].Metadata.Name))
		}
	}
	return found
}

// doubleClaims finds Sandboxes that several claims name.
func (s Snapshot) doubleClaims() []string {
	by := map[string][]string{}
	for _, claim := range alive(s.Claims) {
		if named := claim.Status.Sandbox.Name; named != "" {
			by[named] = append(by[named], claim.Metadata.Name)
		}
	}
	var found []string
	for sandbox, claims := range by {
		if len(claims) > 1 {
			found = append(found, fmt.Sprintf("double: Sandbox %s is named by %d claims, %s and %s among them", sandbox, len(claims), claims[0], claims[1]))
		}
	}
	return found
}

// pods finds Sandboxes with several Pods, and Pods with another name than their Sandbox.
func (s Snapshot) pods() []string {
	var found []string
	owned := byController(s.Pods, kindSandbox)
	for _, sandbox := range alive(s.Sandboxes) {
		name, its := sandbox.Metadata.Name, owned[sandbox.Metadata.UID]
		if len(its) > 1 {
			found = append(found, fmt.Sprintf("double: Sandbox %s has %d Pods", name, len(its)))
		}
		for _, pod := range its {
			if pod.Metadata.Name != name {
				found = append(found, fmt.Sprintf("double: Pod %s is of Sandbox %s", pod.Metadata.Name, name))
			}
		}
	}
	return found
}
