package queue

import (
	"fmt"
	"testing"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// BenchmarkQueue adds an item and takes another while 10,000 wait, and compares that with a queue that is not fair.
func BenchmarkQueue(b *testing.B) {
	const waiting = 10_000
	queues := map[string]func() workqueue.TypedInterface[reconcile.Request]{
		"fair":  func() workqueue.TypedInterface[reconcile.Request] { return NewQueue("", 50, clock.RealClock{}) },
		"plain": func() workqueue.TypedInterface[reconcile.Request] { return workqueue.NewTyped[reconcile.Request]() },
	}
	for _, namespaces := range []int{1, 1000} {
		items := make([]reconcile.Request, waiting)
		for i := range items {
			items[i] = item(fmt.Sprintf("%d/%d", i%namespaces, i))
		}
		for name, newQueue := range queues {
			b.Run(fmt.Sprintf("%s/namespaces=%d", name, namespaces), func(b *testing.B) {
				q := newQueue()
				for _, item := range items {
					q.Add(item)
				}
				b.ReportAllocs()
				for b.Loop() {
					item, _ := q.Get()
					q.Add(item)
					q.Done(item)
				}
			})
		}
	}
}
