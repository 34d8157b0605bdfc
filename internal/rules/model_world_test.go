package rules_test

import (
	"maps"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// seed draws the choices of a schedule: from the bytes of a fuzzer as long as there are some, and then by a number (SplitMix64).
type seed struct {
	number uint64
	bytes  []byte
}

func (s *seed) below(n int) int {
	if len(s.bytes) > 0 {
		drawn := int(s.bytes[0]) % n
		s.bytes = s.bytes[1:]
		return drawn
	}
	s.number += 0x9e3779b97f4a7c15
	x := s.number
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return int((x ^ x>>31) % uint64(n))
}

func (s *seed) oneIn(n int) bool { return s.below(n) == 0 }

// pick draws a name, in an order that is the same in every run.
func pick[T any](seed *seed, from map[string]T) (string, bool) {
	if len(from) == 0 {
		return "", false
	}
	names := slices.Sorted(maps.Keys(from))
	return names[seed.below(len(names))], true
}

// world is the server, the workers, and everybody else.
type world struct {
	*server

	seed    seed
	workers []*worker
	hook    *view
	names   int // of claims
	members int
}

const (
	poolNames  = 2
	maxMembers = 4
)

func newWorld(p protocol, number int) *world {
	w := &world{server: newServer(p), seed: seed{number: uint64(number)}, hook: newView(), names: 1 + number%2}
	for range 3 {
		w.workers = append(w.workers, &worker{view: newView(), hook: w.hook})
	}
	for i := range poolNames {
		w.createPool("p" + strconv.Itoa(i))
	}
	for range maxMembers {
		w.replenish()
	}
	return w
}

// turn lets somebody do something.
func (w *world) turn() {
	worker := w.workers[w.seed.below(len(w.workers))]
	switch draw := w.seed.below(102); {
	case draw < 68:
		worker.step(w.server, &w.seed)
	case draw < 82:
		views := []*view{w.hook, worker.view}
		views[w.seed.below(2)].follow(w.server, w.seed.below(4), w.seed.below(8))
	case draw < 84:
		worker.crash()
	case draw < 87:
		w.createClaim()
	case draw < 88:
		w.deleteClaim()
	case draw < 91:
		w.deleteSandbox()
	case draw < 94:
		w.replenish()
	case draw < 97:
		w.flip()
	case draw < 98:
		w.deletePool()
	case draw < 99:
		w.collect()
	case draw < 101:
		w.turnTime()
	default:
		w.meddle()
	}
}

// createClaim creates a claim. If the webhook knows a candidate, it binds the claim at random. After that, somebody else's
// webhook may make the claim one of a pool, be it the Sandbox's or not.
func (w *world) createClaim() {
	name := "c" + strconv.Itoa(w.seed.below(w.names))
	if w.claims[name] != nil {
		return
	}
	claim := &extensionsv1.SandboxClaim{ObjectMeta: metav1.ObjectMeta{Name: name, UID: w.nextUID("claim")}}
	if bound := candidate(&w.seed, w.hook, claim); bound != "" && w.seed.oneIn(2) {
		claim.Annotations = map[string]string{sandboxv1.AnnotationBinding: bound}
	}
	if pool, _ := pick(&w.seed, w.pools); w.seed.oneIn(3) {
		claim.Spec.WarmPoolRef = &extensionsv1.SandboxWarmPoolReference{Name: pool}
	}
	w.putClaim(claim)
}

func (w *world) deleteClaim() {
	name, ok := pick(&w.seed, w.claims)
	switch {
	case !ok:
	case w.claims[name].DeletionTimestamp != nil || w.seed.oneIn(2):
		w.removeClaim(name)
	default:
		claim := w.claims[name].DeepCopy()
		claim.DeletionTimestamp = &metav1.Time{Time: builder.Epoch}
		w.putClaim(claim)
	}
}

// turnTime lets a claim expire, or gives it more time.
func (w *world) turnTime() {
	name, ok := pick(&w.seed, w.claims)
	if !ok {
		return
	}
	claim := w.claims[name].DeepCopy()
	if claim.Spec.Lifecycle != nil {
		claim.Spec.Lifecycle = nil
	} else {
		claim.Spec.Lifecycle = &extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: builder.Epoch}}
	}
	w.putClaim(claim)
}

func (w *world) deleteSandbox() {
	name, ok := pick(&w.seed, w.sandboxes)
	switch {
	case !ok:
	case w.sandboxes[name].DeletionTimestamp != nil || w.seed.oneIn(2):
		w.removeSandbox(name)
	default:
		sandbox := w.sandboxes[name].DeepCopy()
		sandbox.DeletionTimestamp = &metav1.Time{Time: builder.Epoch}
		w.putSandbox(sandbox)
	}
}

func (w *world) createPool(name string) {
	w.pools[name] = &extensionsv1.SandboxWarmPool{ObjectMeta: metav1.ObjectMeta{Name: name, UID: w.nextUID("pool")}}
}

// replenish is a pool controller that creates a Sandbox.
func (w *world) replenish() {
	pool, _ := pick(&w.seed, w.pools)
	w.members++
	if w.namesAgain {
		w.members %= maxMembers
	}
	name := pool + "-" + strconv.Itoa(w.members)
	if len(w.sandboxes) >= maxMembers+w.names || w.sandboxes[name] != nil {
		return
	}
	sandbox := &sandboxv1.Sandbox{ObjectMeta: metav1.ObjectMeta{
		Name: name, UID: w.nextUID("sandbox"), OwnerReferences: []metav1.OwnerReference{*rules.PoolOwner(w.pools[pool])},
		Labels: map[string]string{sandboxv1.LabelTemplateRefHash: rules.Hash("t")},
	}}
	sandbox.Status.PodIPs = []string{"10.0.0.1"}
	meta.SetStatusCondition(&sandbox.Status.Conditions, metav1.Condition{
		Type: sandboxv1.ConditionReady, Status: metav1.ConditionTrue, LastTransitionTime: metav1.NewTime(builder.Epoch),
	})
	w.putSandbox(sandbox)
}

// flip is a Sandbox controller that reports another readiness. That write does not concern the claims.
func (w *world) flip() {
	name, ok := pick(&w.seed, w.sandboxes)
	if !ok || len(w.sandboxes[name].Status.Conditions) == 0 {
		return
	}
	sandbox := w.sandboxes[name].DeepCopy()
	ready := &sandbox.Status.Conditions[0]
	if ready.Status == metav1.ConditionTrue {
		ready.Status = metav1.ConditionFalse
	} else {
		ready.Status = metav1.ConditionTrue
	}
	w.putSandbox(sandbox)
}

// deletePool replaces a pool with another of the same name. The old pool's Sandboxes lose their owner, or are left for
// the garbage collector.
func (w *world) deletePool() {
	name, _ := pick(&w.seed, w.pools)
	old := w.pools[name]
	w.createPool(name)
	if w.seed.oneIn(2) {
		return
	}
	for _, member := range slices.Sorted(maps.Keys(w.sandboxes)) {
		if rules.ControlledBy(w.sandboxes[member], old) {
			orphan := w.sandboxes[member].DeepCopy()
			orphan.OwnerReferences = nil
			if w.admits(w.sandboxes[member], orphan, rules.GarbageCollector, w.hook) {
				w.putSandbox(orphan)
			}
		}
	}
}

// collect is the garbage collector: it removes a Sandbox whose controller is gone.
func (w *world) collect() {
	alive := map[string]bool{}
	for _, claim := range w.claims {
		alive[string(claim.UID)] = true
	}
	for _, pool := range w.pools {
		alive[string(pool.UID)] = true
	}
	for _, name := range slices.Sorted(maps.Keys(w.sandboxes)) {
		if ref := rules.ControllerOf(w.sandboxes[name]); ref != nil && !alive[string(ref.UID)] {
			w.removeSandbox(name)
			return
		}
	}
}

// meddle is a user with kubectl edit. The user takes a claim's name for a Sandbox, or tries to give a Sandbox another
// owner or a claim another binding.
func (w *world) meddle() {
	name, ok := pick(&w.seed, w.claims)
	if !ok {
		return
	}
	claim := w.claims[name]
	if w.seed.oneIn(3) && w.sandboxes[name] == nil {
		w.putSandbox(&sandboxv1.Sandbox{ObjectMeta: metav1.ObjectMeta{Name: name, UID: w.nextUID("sandbox")}})
		return
	}
	victim, ok := pick(&w.seed, w.sandboxes)
	if !ok {
		return
	}
	edited := w.sandboxes[victim].DeepCopy()
	edited.OwnerReferences = []metav1.OwnerReference{*rules.ClaimOwner(claim)}
	if w.admits(w.sandboxes[victim], edited, rules.User, w.hook) {
		w.putSandbox(edited)
	}
	rebound := claim.DeepCopy()
	rebound.Annotations = map[string]string{sandboxv1.AnnotationBinding: victim}
	if len(rules.CheckClaimReserved(claim, rebound)) == 0 {
		w.putClaim(rebound)
	}
}
