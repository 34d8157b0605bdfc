package races

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// crashAt returns c of a process that dies before its write of that verb to a T.
func crashAt[T client.Object](c client.WithWatch, verb string) client.WithWatch {
	return suite.Before(c, func(w suite.Write) error {
		if _, ok := w.Object.(T); ok && w.Verb == verb {
			return errCrash
		}
		return nil
	})
}

// A crash after any write: the next pass, by another process that would pick another Sandbox, goes on with the same one.
func TestCrashes(t *testing.T) {
	for crashed, die := range map[string]func(client.WithWatch) client.WithWatch{
		"before the binding": func(c client.WithWatch) client.WithWatch { return crashAt[*extensionsv1.SandboxClaim](c, "patch") },
		"after the binding":  func(c client.WithWatch) client.WithWatch { return crashAt[*sandboxv1.Sandbox](c, "patch") },
		"after the adoption": func(c client.WithWatch) client.WithWatch {
			return crashAt[*extensionsv1.SandboxClaim](c, "patch/status")
		},
	} {
		t.Run(crashed, func(t *testing.T) {
			a := newArena(t)
			claim := a.claim(t, "mine")
			picked, other := a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
			a.Settle(t)
			crash(t, a.worker(die(a.Cached), picked), claim)
			want := picked.Name
			if crashed == "before the binding" {
				want = other.Name
			}

			// With a cache that caught up, and then again with one that still shows how it all began.
			a.Settle(t)
			reconcile(t, a.worker(a.Cached, other), suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine"))
			a.has(t, "mine", want)
			reconcile(t, a.worker(suite.Seeing(a.Cached, claim, picked, other), other), claim)
			a.has(t, "mine", want)
		})
	}
}

// As before, and the process that comes after has the stale view from the beginning.
func TestCrashesUnseen(t *testing.T) {
	for crashed, die := range map[string]func(client.WithWatch) client.WithWatch{
		"after the binding": func(c client.WithWatch) client.WithWatch { return crashAt[*sandboxv1.Sandbox](c, "patch") },
		"after the adoption": func(c client.WithWatch) client.WithWatch {
			return crashAt[*extensionsv1.SandboxClaim](c, "patch/status")
		},
	} {
		t.Run(crashed, func(t *testing.T) {
			a := newArena(t)
			claim := a.claim(t, "mine")
			picked, other := a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
			a.Settle(t)
			crash(t, a.worker(die(a.Cached), picked), claim)
			reconcile(t, a.worker(suite.Seeing(a.Cached, claim, picked, other), other), claim)
			a.has(t, "mine", picked.Name)
		})
	}
}

// The cold path: the name makes what is done twice harmless.
func TestColdCrashes(t *testing.T) {
	for crashed, die := range map[string]func(client.WithWatch) client.WithWatch{
		"after the binding": func(c client.WithWatch) client.WithWatch { return crashAt[*sandboxv1.Sandbox](c, "create") },
		"after the creation": func(c client.WithWatch) client.WithWatch {
			return crashAt[*extensionsv1.SandboxClaim](c, "patch/status")
		},
	} {
		t.Run(crashed, func(t *testing.T) {
			a := newArena(t)
			claim := a.claim(t, "mine")
			a.Settle(t)
			crash(t, a.worker(die(a.Cached)), claim)
			// A warm Sandbox that comes now changes nothing: the binding stands.
			late := a.Warm(t, a.pool, "aaaaa")
			reconcile(t, a.worker(suite.Seeing(a.Cached, claim), late), claim)
			a.has(t, "mine", "mine")
		})
	}
}
