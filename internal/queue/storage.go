package queue

import "sigs.k8s.io/controller-runtime/pkg/reconcile"

// lists are the items of one namespace: those of high priority, and the others, each in the order in which they came.
type lists struct {
	high, low []reconcile.Request
	// isLow has what is in low; what was raised from there to high is passed over.
	isLow map[reconcile.Request]bool
}

func (l *lists) empty() bool { return len(l.high)+len(l.isLow) == 0 }

func (l *lists) push(item reconcile.Request, low bool) {
	if !low {
		l.high = append(l.high, item)
		return
	}
	if l.isLow == nil {
		l.isLow = map[reconcile.Request]bool{}
	}
	l.isLow[item] = true
	l.low = append(l.low, item)
}

// raise gives item high priority, if it waits with low.
func (l *lists) raise(item reconcile.Request) {
	if l.isLow[item] {
		delete(l.isLow, item)
		l.high = append(l.high, item)
	}
}

// pop removes the next item. There must be one.
func (l *lists) pop() reconcile.Request {
	if len(l.high) > 0 {
		return shift(&l.high)
	}
	for {
		item := shift(&l.low)
		if l.isLow[item] {
			delete(l.isLow, item)
			return item
		}
	}
}

func shift(items *[]reconcile.Request) reconcile.Request {
	item := (*items)[0]
	(*items)[0] = reconcile.Request{} // The array goes on referring to it.
	*items = (*items)[1:]
	return item
}

// storage is the storage of a workqueue.Typed, which deduplicates items and measures. The Queue above chooses which item comes
// next. All calls come with the lock of that Queue held.
type storage struct {
	queue *Queue
	// low says that what is added now is of low priority.
	low bool
	// next is what Pop returns.
	next reconcile.Request
	len  int
}

// Touch implements workqueue.Queue: what waits with low priority, and is added with high, is of high priority.
func (s *storage) Touch(item reconcile.Request) {
	if !s.low {
		s.queue.namespaces[item.Namespace].raise(item)
	}
}

// Push implements workqueue.Queue.
func (s *storage) Push(item reconcile.Request) {
	s.len++
	s.queue.push(item, s.low)
}

// Len implements workqueue.Queue.
func (s *storage) Len() int { return s.len }

// Pop implements workqueue.Queue.
func (s *storage) Pop() reconcile.Request {
	s.len--
	return s.next
}
