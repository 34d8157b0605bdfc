package queue

import (
	"container/list"
	"time"
)

const (
	// slowAfter is how long an item is in flight before its namespace counts as slow, until one takes less time. An ordinary
	// reconcile takes some ten milliseconds, and a second or two in a burst that a small control plane is busy with. A call that
	// hangs takes ten seconds, which is the default timeout of a webhook.
	slowAfter = 5 * time.Second
	// rememberedNamespaces is how many namespaces without items are remembered as slow. Beyond it all of them are forgotten,
	// which costs each of them one item in the reserve.
	rememberedNamespaces = 1000
)

// limits are how many items may be in flight.
type limits struct {
	// general is the number of workers for all namespaces, reserve that for namespaces that have nothing in flight.
	general, reserve int
	// share is how many items one namespace may have in flight, slowShare how many if it is slow, and refusedShare how many if its
	// work is refused.
	share, slowShare, refusedShare int
}

// limitsFor returns the limits for that many workers: a quarter of them, rounded, is the reserve, one namespace may have half of
// them, and a slow one an eighth. One whose work is refused has a twenty-fifth: what is refused comes to nothing, and each of its
// requests takes time of the API server from others. A single worker has no reserve.
func limitsFor(workers int) limits {
	workers = max(1, workers)
	reserve := 0
	if workers > 1 {
		reserve = (workers + 2) / 4
	}
	return limits{
		general: workers - reserve, reserve: reserve,
		share: max(1, workers/2), slowShare: max(1, workers/8), refusedShare: max(1, workers/25),
	}
}

// of returns how many items ns may have in flight.
func (l limits) of(ns *namespace) int {
	switch {
	case ns.refused:
		return l.refusedShare
	case ns.slow:
		return l.slowShare
	}
	return l.share
}

// choose returns the namespace whose item is next, and whether a worker of the reserve takes it; nil where no worker may take
// any.
func (q *Queue) choose() (ns *namespace, reserved bool) {
	if q.general < q.limits.general {
		if ns := q.chooseGeneral(); ns != nil {
			return ns, false
		}
	}
	if q.reserved < q.limits.reserve {
		fresh := func(ns *namespace) bool { return ns.inFlight == 0 }
		return first(&q.turns[turnsOf(false)], fresh), true
	}
	return nil, false
}

// chooseGeneral returns the next namespace that is below its limit. Slow ones and others alternate.
func (q *Queue) chooseGeneral() *namespace {
	below := func(ns *namespace) bool { return ns.inFlight < q.limits.of(ns) }
	for _, slow := range [...]bool{q.slowFirst, !q.slowFirst} {
		if ns := first(&q.turns[turnsOf(slow)], below); ns != nil {
			return ns
		}
	}
	return nil
}

// first returns the first namespace of turns that may have its turn. It passes over those that have items in flight only, of
// which there are no more than workers.
func first(turns *list.List, may func(*namespace) bool) *namespace {
	for e := turns.Front(); e != nil; e = e.Next() {
		if ns, ok := e.Value.(*namespace); ok && may(ns) {
			return ns
		}
	}
	return nil
}

// turnsOf is the index of the turns that namespaces have which are slow, or are not.
func turnsOf(slow bool) int {
	if slow {
		return 1
	}
	return 0
}

// forgetIdle drops ns if there is nothing to remember of it, and all that are idle if there are too many.
func (q *Queue) forgetIdle(ns *namespace) {
	idle := func(ns *namespace) bool { return ns.inFlight == 0 && ns.empty() }
	if idle(ns) && !ns.slow {
		delete(q.namespaces, ns.name)
	}
	if len(q.namespaces) <= rememberedNamespaces+q.turns[0].Len()+q.turns[1].Len()+len(q.inFlight) {
		return
	}
	for name, ns := range q.namespaces {
		if idle(ns) {
			delete(q.namespaces, name)
		}
	}
}
