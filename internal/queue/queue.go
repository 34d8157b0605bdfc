package queue

import (
	"container/list"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Queue is a workqueue that is fair by namespace. Use NewQueue.
type Queue struct {
	limits limits
	clock  clock.PassiveClock
	// refused, where it is not nil, reports whether the last work on an item was refused.
	refused func(item reconcile.Request) bool

	mu sync.Mutex
	// available is signalled when an item may have become available to a worker.
	available *sync.Cond
	// typed deduplicates and measures; its storage is filled and emptied under mu.
	typed   *workqueue.Typed[reconcile.Request]
	storage *storage

	namespaces map[string]*namespace
	// turns are the namespaces that have items: first those that are not slow, then those that are. Each is in the order in
	// which it is served.
	turns [2]list.List
	// slowFirst says that a slow namespace has the next turn in the general part.
	slowFirst bool
	// general and reserved are the numbers of workers that are busy in each part.
	general, reserved int
	inFlight          map[reconcile.Request]work
	shuttingDown      bool
}

// work is an item that a worker has.
type work struct {
	since    time.Time
	reserved bool
}

// namespace is what the queue knows of a namespace that has items, or some in flight, or was slow.
type namespace struct {
	lists

	name     string
	inFlight int
	// turn is its place among the turns while it has items.
	turn *list.Element
	// slow says that its last item took long, or was refused. refused says that it was the latter.
	slow, refused bool
}

// NewQueue returns an empty queue for that many workers. name is the queue's in the metrics; none are kept where it is empty.
func NewQueue(name string, workers int, now clock.WithTicker) *Queue {
	q := &Queue{
		limits: limitsFor(workers), clock: now, storage: &storage{},
		namespaces: map[string]*namespace{}, inFlight: map[reconcile.Request]work{},
	}
	q.storage.queue = q
	q.available = sync.NewCond(&q.mu)
	q.typed = workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[reconcile.Request]{Name: name, Clock: now, Queue: q.storage})
	return q
}

// Add implements workqueue.TypedInterface.
func (q *Queue) Add(item reconcile.Request) { q.add(item, false) }

// AddLow adds item with low priority: it comes after all others of its namespace.
func (q *Queue) AddLow(item reconcile.Request) { q.add(item, true) }

func (q *Queue) add(item reconcile.Request, low bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.shuttingDown {
		return
	}
	q.storage.low = low
	q.typed.Add(item)
	q.available.Signal()
}

// Len implements workqueue.TypedInterface.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.storage.len
}

// Get implements workqueue.TypedInterface.
func (q *Queue) Get() (item reconcile.Request, shutdown bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		ns, reserved := q.choose()
		if ns != nil {
			return q.take(ns, reserved), false
		}
		if q.storage.len == 0 && q.shuttingDown {
			return reconcile.Request{}, true
		}
		q.available.Wait()
	}
}

// take hands out the next item of ns.
func (q *Queue) take(ns *namespace, reserved bool) reconcile.Request {
	q.storage.next = ns.pop()
	item, _ := q.typed.Get() // Does not wait: there is an item.
	ns.inFlight++
	if reserved {
		q.reserved++
	} else {
		q.general++
		q.slowFirst = !ns.slow
	}
	q.inFlight[item] = work{since: q.clock.Now(), reserved: reserved}
	q.dequeue(ns)
	if !ns.empty() {
		q.enqueue(ns)
	}
	q.available.Signal() // There may be more for another worker.
	return item
}

// Done implements workqueue.TypedInterface.
func (q *Queue) Done(item reconcile.Request) {
	refused := q.refused != nil && q.refused(item)
	q.mu.Lock()
	defer q.mu.Unlock()
	done, ok := q.inFlight[item]
	if !ok {
		return
	}
	delete(q.inFlight, item)
	if done.reserved {
		q.reserved--
	} else {
		q.general--
	}
	ns := q.namespaces[item.Namespace]
	ns.inFlight--
	ns.refused = refused
	q.setSlow(ns, refused || q.clock.Since(done.since) >= slowAfter)
	q.storage.low = false
	q.typed.Done(item)
	q.forgetIdle(ns)
	q.wake()
}

// wake tells a worker that an item may have become available; after the last item, every worker.
func (q *Queue) wake() {
	if q.shuttingDown {
		q.available.Broadcast()
	} else {
		q.available.Signal()
	}
}

// ShutDown implements workqueue.TypedInterface.
func (q *Queue) ShutDown() {
	q.stopAdding()
	q.typed.ShutDown()
}

// ShutDownWithDrain implements workqueue.TypedInterface.
func (q *Queue) ShutDownWithDrain() {
	q.stopAdding()
	q.typed.ShutDownWithDrain() // Without the lock, which the workers need to finish.
}

func (q *Queue) stopAdding() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.shuttingDown = true
	q.available.Broadcast()
}

// ShuttingDown implements workqueue.TypedInterface.
func (q *Queue) ShuttingDown() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.shuttingDown
}

// push adds item to the lists of its namespace.
func (q *Queue) push(item reconcile.Request, low bool) {
	ns := q.namespaces[item.Namespace]
	if ns == nil {
		ns = &namespace{name: item.Namespace}
		q.namespaces[item.Namespace] = ns
	}
	ns.push(item, low)
	if ns.turn == nil {
		q.enqueue(ns)
	}
}

// enqueue gives ns the last turn.
func (q *Queue) enqueue(ns *namespace) { ns.turn = q.turns[turnsOf(ns.slow)].PushBack(ns) }

// dequeue takes the turn of ns away.
func (q *Queue) dequeue(ns *namespace) {
	q.turns[turnsOf(ns.slow)].Remove(ns.turn)
	ns.turn = nil
}

func (q *Queue) setSlow(ns *namespace, slow bool) {
	if ns.slow == slow {
		return
	}
	waits := ns.turn != nil
	if waits {
		q.dequeue(ns)
	}
	ns.slow = slow
	if waits {
		q.enqueue(ns)
	}
}
