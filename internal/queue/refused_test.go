package queue

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// A namespace whose work is refused has few workers, until some of it goes well.
func TestANamespaceWhoseWorkIsRefused(t *testing.T) {
	s := newScene(50)
	refused := true
	s.refused = func(reconcile.Request) bool { return refused }
	s.fill("refused", 100)
	first := s.get(100)
	expect(t, "in flight while nothing is known of it", 25, len(first))
	s.done(0, first...)
	second := s.get(100)
	expect(t, "in flight once it is refused", 2, len(second))
	refused = false
	s.done(0, second...)
	expect(t, "in flight once it goes well", 25, len(s.get(100)))
}
