package queue

import (
	"testing"
	"time"

	"k8s.io/client-go/util/workqueue"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// measured returns the values of the gauges and counters that the manager serves of the queue of that name.
func measured(t *testing.T, queue string) map[string]float64 {
	t.Helper()
	families, err := ctrlmetrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "name" && label.GetValue() == queue {
					found[family.GetName()] += metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
				}
			}
		}
	}
	return found
}

// The queue of a controller keeps delays, backoff and priorities, and the metrics of controller-runtime's own queues.
func TestTheQueueOfAController(t *testing.T) {
	now := clocktesting.NewFakeClock(time.Unix(0, 0))
	backoff := workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](time.Minute, time.Hour)
	q := newController("fair", 4, backoff, now)
	t.Cleanup(q.ShutDown)
	low := -1
	q.AddWithOpts(priorityqueue.AddOpts{Priority: &low}, item("a/low"))
	q.AddWithOpts(priorityqueue.AddOpts{}, item("a/now"))
	q.AddWithOpts(priorityqueue.AddOpts{After: time.Second}, item("a/later"))
	q.AddWithOpts(priorityqueue.AddOpts{RateLimited: true}, item("a/refused"))
	expect(t, "failures", 1, q.NumRequeues(item("a/refused")))
	var order []string
	get := func() {
		item, _, _ := q.GetWithPriority()
		order = append(order, item.String())
		q.Done(item)
	}
	get()
	get()
	for _, wait := range []time.Duration{time.Second, time.Minute} {
		for !now.HasWaiters() {
			q.Len()
		}
		now.Step(wait)
		get()
	}
	expect(t, "order", []string{"a/now", "a/low", "a/later", "a/refused"}, order)
	q.Add(item("a/left"))
	got := measured(t, "fair")
	want := map[string]float64{
		"workqueue_depth": 1, "workqueue_adds_total": 5, "workqueue_queue_duration_seconds": 4, "workqueue_work_duration_seconds": 4,
		"workqueue_retries_total": 2, "workqueue_unfinished_work_seconds": 0, "workqueue_longest_running_processor_seconds": 0,
	}
	expect(t, "metrics", want, got)
}
