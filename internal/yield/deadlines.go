package yield

import (
	"container/heap"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// deadlines is a heap of requests, each once, with the one that is due first at its top.
type deadlines struct {
	list []deadline
	has  map[reconcile.Request]bool
}

type deadline struct {
	request reconcile.Request
	due     time.Time
}

// add adds request, which is not there.
func (d *deadlines) add(request reconcile.Request, due time.Time) {
	heap.Push(d, deadline{request, due})
}

// first takes out the request that is due first.
func (d *deadlines) first() reconcile.Request {
	return heap.Pop(d).(deadline).request //nolint:forcetypeassert // of add
}

// Len implements heap.Interface.
func (d *deadlines) Len() int { return len(d.list) }

// Less implements heap.Interface.
func (d *deadlines) Less(i, j int) bool { return d.list[i].due.Before(d.list[j].due) }

// Swap implements heap.Interface.
func (d *deadlines) Swap(i, j int) { d.list[i], d.list[j] = d.list[j], d.list[i] }

// Push implements heap.Interface.
func (d *deadlines) Push(x any) {
	if d.has == nil {
		d.has = map[reconcile.Request]bool{}
	}
	added := x.(deadline) //nolint:forcetypeassert // of add
	d.has[added.request] = true
	d.list = append(d.list, added)
}

// Pop implements heap.Interface.
func (d *deadlines) Pop() any {
	last := d.list[len(d.list)-1]
	d.list = d.list[:len(d.list)-1]
	delete(d.has, last.request)
	return last
}
