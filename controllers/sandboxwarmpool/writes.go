package sandboxwarmpool

import (
	"maps"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// overdue is how long after its beginning a creation is shown by the cache at the latest, unless its Sandbox is gone again or never
// came to be. Mostly it takes milliseconds; a busy API server takes a second.
const overdue = 2 * time.Second

// ownWrites are the creations and deletions of this process that the cache has not shown yet, by pool. So a reconcile never waits
// for the cache, nor for the writes of another pool, and neither creates nor deletes twice.
type ownWrites struct {
	mu    sync.Mutex
	pools map[types.UID]*poolWrites
}

type poolWrites struct {
	// created are the names of Sandboxes that were, or may have been, created, and when that began.
	created map[string]time.Time
	deleted map[types.UID]bool
	// caughtUp says that the cache has shown one of the creations, and so whatever came before this process began to lead.
	caughtUp bool
}

func (w *ownWrites) of(pool types.UID) *poolWrites {
	if w.pools == nil {
		w.pools = map[types.UID]*poolWrites{}
	}
	if w.pools[pool] == nil {
		w.pools[pool] = &poolWrites{created: map[string]time.Time{}, deleted: map[types.UID]bool{}}
	}
	return w.pools[pool]
}

// creating notes that a Sandbox of that name is about to be created.
func (w *ownWrites) creating(pool types.UID, name string, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of(pool).created[name] = now
}

// due returns in how long the creation that the cache has not shown for the longest will be overdue, or 0 if it is.
func (w *ownWrites) due(pool types.UID, now time.Time) (left time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	left = overdue
	for _, began := range w.of(pool).created {
		left = min(left, began.Add(overdue).Sub(now))
	}
	return max(0, left)
}

// refused notes that the Sandbox of that name was not created.
func (w *ownWrites) refused(pool types.UID, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.of(pool).created, name)
}

// deleted notes that a member was deleted.
func (w *ownWrites) deleted(pool, member types.UID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of(pool).deleted[member] = true
}

// observed notes that the cache has shown the Sandbox of that name under its pool.
func (w *ownWrites) observed(pool types.UID, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if writes := w.pools[pool]; writes != nil && !writes.created[name].IsZero() {
		delete(writes.created, name)
		writes.caughtUp = true
	}
}

// apply returns members, as the cache has them, with those terminating that were deleted, and forgets what the cache shows.
func (w *ownWrites) apply(pool types.UID, members []*sandboxv1.Sandbox, now time.Time) []*sandboxv1.Sandbox {
	w.mu.Lock()
	defer w.mu.Unlock()
	writes := w.pools[pool]
	if writes == nil {
		return members
	}
	pending := map[types.UID]bool{}
	for i, member := range members {
		if !writes.created[member.Name].IsZero() {
			delete(writes.created, member.Name)
			writes.caughtUp = true
		}
		if writes.deleted[member.UID] && member.DeletionTimestamp == nil {
			pending[member.UID] = true
			terminating := *member
			terminating.DeletionTimestamp = new(metav1.NewTime(now))
			members[i] = &terminating
		}
	}
	writes.deleted = pending
	return members
}

// pending returns the creations that the cache has not shown, and whether it has shown any. To know what a list lacks, ask before
// reading it: an event may show one while the list is read.
func (w *ownWrites) pending(pool types.UID) (created map[string]time.Time, caughtUp bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if writes := w.pools[pool]; writes != nil {
		return maps.Clone(writes.created), writes.caughtUp
	}
	return nil, false
}

// confirm forgets the creations that are not among members, the names that the API server has: those Sandboxes are gone, were
// adopted, or never came to be.
func (w *ownWrites) confirm(pool types.UID, members map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range w.of(pool).created {
		if !members[name] {
			delete(w.of(pool).created, name)
		}
	}
}

// forget drops what is known of a pool that is gone.
func (w *ownWrites) forget(pool types.UID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.pools, pool)
}
