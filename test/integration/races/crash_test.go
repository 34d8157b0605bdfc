package races

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// crashAt returns c as the client of a process that dies before its write of that verb to a T.
func crashAt[T client.Object](c client.WithWatch, verb string) client.WithWatch {
	return suite.Before(c, func(w suite.Write) error {
		if _, ok := w.Object.(T); ok && w.Verb == verb {
			return errCrash
		}
		return nil
	})
}

// A process crashes after any of its writes. The next reconcile, by another process that would pick another Sandbox, goes on
// with the same one.
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

			// This is tried with a cache that caught up, and then with one that still shows the initial state.
			a.Settle(t)
			reconcile(t, a.worker(a.Cached, other), suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine"))
			a.has(t, "mine", want)
			reconcile(t, a.worker(suite.Seeing(a.Cached, claim, picked, other), other), claim)
			a.has(t, "mine", want)
		})
	}
}

// The same happens, and the process that comes after has the stale view of the initial state.
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

// On the cold path the name makes repeated work harmless.
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
			// A warm Sandbox that appears now changes nothing: the binding stands.
			late := a.Warm(t, a.pool, "aaaaa")
			reconcile(t, a.worker(suite.Seeing(a.Cached, claim), late), claim)
			a.has(t, "mine", "mine")
		})
	}
}
