package sandbox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// invalidRecheck is for how long an object that the API server found invalid is not tried again, unless the Sandbox's spec changes:
// a cluster's admission may make it valid one day.
const invalidRecheck = 10 * time.Minute

// maxInvalid is how many findings are remembered at the most, the latest, so that nobody fills the manager's memory with objects that
// are not valid. One that is forgotten costs another try.
const maxInvalid = 2000

// invalidObjects remembers which objects of Sandboxes the API server found invalid. It is only a memory: a process that has just begun
// to reconcile tries each of them once. Its zero value is empty.
type invalidObjects struct {
	mu    sync.Mutex
	found map[invalidObject]finding
	// order has each finding, the earliest first.
	order []timedObject
}

// invalidObject is an object that is made of one generation of a Sandbox's spec.
type invalidObject struct {
	sandbox    types.UID
	generation int64
	name       string
}

type finding struct {
	err error
	at  time.Time
}

type timedObject struct {
	object invalidObject
	at     time.Time
}

// try calls do, which creates or changes the object of that kind and name for sandbox, and returns its error. If the API server found the
// object invalid within invalidRecheck before now, try returns that error without a call. What is invalid is said in brief, and in the
// same words each time.
func (i *invalidObjects) try(sandbox *sandboxv1.Sandbox, kind, name string, now time.Time, do func() error) error {
	object := invalidObject{sandbox.UID, sandbox.Generation, kind + "/" + name}
	if err := i.known(object, now); err != nil {
		return err
	}
	err := do()
	if rules.IsInvalidObject(err) {
		err = rules.BriefInvalid(rules.SortedInvalid(err))
		i.remember(object, finding{err, now})
	}
	return err
}

// change calls do, which changes obj, an object of sandbox as it was read, and returns its error, unless the API server has found that
// change invalid already: see invalidObjects.
func (r *Reconciler) change(sandbox *sandboxv1.Sandbox, obj client.Object, do func() error) error {
	return r.invalid.try(sandbox, fmt.Sprintf("change of %T", obj), string(obj.GetUID()), r.Now(), do)
}

// patch is write.Patch through change: it makes base, an object of sandbox as it was read, obj.
func (r *Reconciler) patch(ctx context.Context, sandbox *sandboxv1.Sandbox, obj, base client.Object) error {
	return r.change(sandbox, base, func() error { return write.Patch(ctx, r.Client, obj, base) })
}

func (i *invalidObjects) known(object invalidObject, now time.Time) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if found, ok := i.found[object]; ok && now.Sub(found.at) < invalidRecheck {
		return found.err
	}
	return nil
}

// remember remembers found, and forgets what is too old or too much.
func (i *invalidObjects) remember(object invalidObject, found finding) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for len(i.order) >= maxInvalid || len(i.order) > 0 && found.at.Sub(i.order[0].at) >= invalidRecheck {
		if old := i.order[0]; i.found[old.object].at.Equal(old.at) {
			delete(i.found, old.object)
		}
		i.order = i.order[1:]
	}
	if i.found == nil {
		i.found = map[invalidObject]finding{}
	}
	i.found[object] = found
	i.order = append(i.order, timedObject{object, found.at})
}
