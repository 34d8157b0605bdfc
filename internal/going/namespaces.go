// Package going knows which namespaces are being deleted, so that nothing is created there.
package going

import (
	"context"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

const (
	// hold is for how long nothing is created in a namespace after the API server said that it is being deleted.
	hold = 30 * time.Second
	// spread is over how long its objects are looked at again then, so that one of them asks, and the others hear of it.
	spread = 15 * time.Second
)

// Namespaces are those that are being deleted, or are gone, by the API server's answers to creations (rules.IsNamespaceGoing).
// What is in them goes with them: nothing is created there, and no status says so. So a namespace that is deleted costs the
// creations that were on their way, and one every hold for as long as its deletion takes. A watch of Namespaces would save
// those, too, but needs the right to list all of them.
//
// Namespaces that are nil know none. Use New.
type Namespaces struct {
	now func() time.Time

	mu    sync.Mutex
	known map[string]namespace
}

// namespace is what is known of one.
type namespace struct {
	// until is until when nothing is created, and err is what the API server said.
	until time.Time
	err   error
	// oldest is when the objects of a new namespace of that name were created at the earliest, by the API server's clock. This
	// process's own clock may be behind, so it is also later than all objects that were in vain taken for such.
	oldest time.Time
}

// New returns Namespaces that know none yet.
func New(now func() time.Time) *Namespaces {
	return &Namespaces{now: now, known: map[string]namespace{}}
}

// Wait returns how long nothing is done about obj, since its namespace is going; 0 if it is not, as far as that is known. An object
// that was created after the namespace was said to be going is in a new namespace of that name.
func (n *Namespaces) Wait(obj client.Object) time.Duration {
	if n == nil {
		return 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	known, ok := n.known[obj.GetNamespace()]
	if !ok {
		return 0
	}
	if created := obj.GetCreationTimestamp(); created.After(known.oldest) {
		n.known[obj.GetNamespace()] = namespace{oldest: created.Time}
		return 0
	}
	left := known.until.Sub(n.now())
	if left <= 0 {
		return 0
	}
	return left + rand.N(spread) //nolint:gosec // It spreads work, and guards nothing.
}

// Client returns c, whose creations tell which namespaces are going, and are not sent to those.
func (n *Namespaces) Client(c client.Client) client.Client { return creator{c, n} }

// creator is a client that creates nothing in a namespace that is going.
type creator struct {
	client.Client

	namespaces *Namespaces
}

// Create implements client.Writer.
func (c creator) Create(ctx context.Context, obj client.Object, opts ...client.CreateOption) error {
	name := obj.GetNamespace()
	if err := c.namespaces.refusal(name); err != nil {
		return err
	}
	err := c.Client.Create(ctx, obj, opts...)
	c.namespaces.note(name, err)
	return err
}

// refusal returns the API server's words about a namespace that is going, or nil.
func (n *Namespaces) refusal(name string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if known, ok := n.known[name]; ok && n.now().Before(known.until) {
		return known.err
	}
	return nil
}

// note notes the API server's answer to a creation in the namespace of that name.
func (n *Namespaces) note(name string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case err == nil:
		delete(n.known, name)
	case rules.IsNamespaceGoing(err):
		now, before := n.now(), n.known[name]
		maps.DeleteFunc(n.known, func(_ string, known namespace) bool { return now.Sub(known.until) > hold+spread })
		known := namespace{until: now.Add(hold), err: err, oldest: now}
		if before.oldest.After(now) {
			known.oldest = before.oldest
		}
		n.known[name] = known
	}
}
