package queue

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// item is the request of "namespace/name".
func item(key string) reconcile.Request {
	namespace, name, _ := strings.Cut(key, "/")
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
}

// scene is a queue whose workers are the test.
type scene struct {
	*Queue

	clock *clocktesting.FakeClock
}

func newScene(workers int, keys ...string) *scene {
	now := clocktesting.NewFakeClock(time.Unix(0, 0))
	s := &scene{Queue: NewQueue("", workers, now), clock: now}
	s.add(keys...)
	return s
}

func (s *scene) add(keys ...string) {
	for _, key := range keys {
		s.Add(item(key))
	}
}

// fill adds n items in a namespace.
func (s *scene) fill(namespace string, n int) {
	for i := range n {
		s.add(fmt.Sprintf("%s/%04d", namespace, i))
	}
}

// get takes items until a worker would have to wait, n at the most.
func (s *scene) get(n int) []string {
	var got []string
	for range n {
		s.mu.Lock()
		ns, _ := s.choose()
		s.mu.Unlock()
		if ns == nil {
			return got
		}
		taken, _ := s.Get()
		got = append(got, taken.String())
	}
	return got
}

// done ends items, after so long.
func (s *scene) done(after time.Duration, keys ...string) {
	s.clock.Step(after)
	for _, key := range keys {
		s.Done(item(key))
	}
}

func expect(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestLimits(t *testing.T) {
	for workers, want := range map[int]limits{
		0: {1, 0, 1, 1, 1}, 1: {1, 0, 1, 1, 1}, 2: {1, 1, 1, 1, 1}, 4: {3, 1, 2, 1, 1}, 8: {6, 2, 4, 1, 1}, 50: {37, 13, 25, 6, 2},
		100: {75, 25, 50, 12, 4},
	} {
		if got := limitsFor(workers); got != want {
			t.Errorf("%d workers: %+v, want %+v", workers, got, want)
		}
	}
}

// Namespaces have their turns, whatever each of them has waiting.
func TestInTurn(t *testing.T) {
	s := newScene(100, "a/1", "a/2", "a/3", "b/1", "c/1", "b/2")
	expect(t, "order", []string{"a/1", "b/1", "c/1", "a/2", "b/2", "a/3"}, s.get(10))
	s.add("d/1", "a/4")
	expect(t, "what comes later", []string{"d/1", "a/4"}, s.get(10))
}

// What is added again before it is handed out comes once; what is added while it is in flight comes again afterwards, and no
// two workers have it at a time.
func TestOnce(t *testing.T) {
	s := newScene(10, "a/1", "a/1", "a/2")
	expect(t, "length", 2, s.Len())
	expect(t, "first", []string{"a/1"}, s.get(1))
	s.add("a/1", "a/1")
	expect(t, "meanwhile", []string{"a/2"}, s.get(5))
	s.done(0, "a/1")
	expect(t, "afterwards", []string{"a/1"}, s.get(5))
	s.done(0, "a/1", "a/2", "a/2", "b/1") // What nobody has ends without harm.
	expect(t, "at the end", 0, s.Len())
	expect(t, "namespaces that are remembered", 0, len(s.namespaces))
}

// What is of low priority comes last in its namespace, and not after another namespace's turn; added again it comes first.
func TestLowPriority(t *testing.T) {
	s := newScene(10)
	for _, key := range []string{"a/1", "a/2", "a/3"} {
		s.AddLow(item(key))
	}
	s.add("a/4", "b/1", "a/2", "a/2")
	s.AddLow(item("a/4"))
	expect(t, "length", 5, s.Len())
	expect(t, "order", []string{"a/4", "b/1", "a/2", "a/1", "a/3"}, s.get(10))
}

// One namespace never has all workers, and once it is slow it has few.
func TestASlowNamespace(t *testing.T) {
	s := newScene(16)
	s.fill("slow", 100)
	first := s.get(100)
	expect(t, "in flight while nothing is known of it", 8, len(first))
	s.add("other/1")
	expect(t, "another namespace", []string{"other/1"}, s.get(5))
	s.done(10*time.Second, first...)
	s.done(0, "other/1")
	second := s.get(100)
	expect(t, "in flight once it is slow", 2, len(second))
	s.done(slowAfter-1, second...)
	expect(t, "in flight once it is fast again", 8, len(s.get(100)))
}

// Many slow namespaces never hold the reserve, and each of them has its turn.
func TestManySlowNamespaces(t *testing.T) {
	s := newScene(8)
	for i := range 20 {
		s.fill(fmt.Sprintf("slow-%02d", i), 5)
	}
	inFlight := s.get(100)
	expect(t, "in flight at first, when nothing is known", 8, len(inFlight))
	for range 3 { // A turn for each.
		s.done(10*time.Second, inFlight...)
		inFlight = s.get(100)
	}
	s.done(10*time.Second, inFlight...)
	inFlight = s.get(100)
	expect(t, "in flight when all are known to be slow", 6, len(inFlight))
	turns := map[string]int{}
	for round := range 40 {
		s.add("quick/1", "another/1")
		expect(t, fmt.Sprintf("others in round %d", round), []string{"quick/1", "another/1"}, s.get(100))
		s.done(10*time.Millisecond, "quick/1", "another/1")
		namespace, _, _ := strings.Cut(inFlight[0], "/")
		turns[namespace]++
		s.done(10*time.Second, inFlight[0])
		inFlight = append(inFlight[1:], s.get(100)...)
	}
	expect(t, "slow namespaces that had their turn", 20, len(turns))
}

// Under load from namespaces that are not slow, a slow one has its turn all the same.
func TestASlowNamespaceIsNotStarved(t *testing.T) {
	s := newScene(8)
	s.fill("slow", 3)
	s.done(10*time.Second, s.get(1)...)
	for i := range 200 {
		s.fill(fmt.Sprintf("quick-%03d", i), 1)
	}
	for range 20 {
		got := s.get(8)
		if slices.Contains(got, "slow/0001") {
			return
		}
		s.done(time.Millisecond, got...)
	}
	t.Error("the slow namespace has had no turn")
}

// What is known of namespaces that are gone is bounded.
func TestMemoryIsBounded(t *testing.T) {
	s := newScene(4)
	for i := range 3 * rememberedNamespaces {
		s.fill(fmt.Sprintf("slow-%d", i), 1)
		s.done(slowAfter, s.get(1)...)
	}
	if len(s.namespaces) > rememberedNamespaces {
		t.Errorf("%d namespaces are remembered", len(s.namespaces))
	}
}

// A shutdown takes nothing more, hands out what waits, also to workers that wait, and drains.
func TestShutdown(t *testing.T) {
	for name, stop := range map[string]func(*Queue){"at once": (*Queue).ShutDown, "when drained": (*Queue).ShutDownWithDrain} {
		t.Run(name, func(t *testing.T) {
			s := newScene(2)
			s.fill("a", 20)
			var mu sync.Mutex
			got := map[string]int{}
			first, _ := s.Get()
			stopped := make(chan struct{})
			go func() { stop(s.Queue); close(stopped) }()
			for !s.ShuttingDown() {
				s.Len()
			}
			s.add("b/1")
			var workers sync.WaitGroup
			for range 3 {
				workers.Go(func() {
					for {
						item, shutdown := s.Get()
						if shutdown {
							return
						}
						mu.Lock()
						got[item.String()]++
						mu.Unlock()
						s.Done(item)
					}
				})
			}
			s.Done(first)
			<-stopped
			workers.Wait()
			expect(t, "handed out", 19, len(got))
			expect(t, "left", 0, s.Len())
		})
	}
}

// Many workers and many who add: every item is handled, by one worker at a time, within the limits.
func TestConcurrently(t *testing.T) {
	const workers, namespaces, items, rounds = 8, 5, 40, 20
	now := clocktesting.NewFakeClock(time.Unix(0, 0))
	q := NewQueue("", workers, now)
	var mu sync.Mutex
	busy, perNamespace, handled := map[reconcile.Request]bool{}, map[string]int{}, map[reconcile.Request]int{}
	var pool, adders sync.WaitGroup
	for range workers {
		pool.Go(func() {
			for {
				item, shutdown := q.Get()
				if shutdown {
					return
				}
				mu.Lock()
				if busy[item] {
					t.Errorf("two workers have %s", item)
				}
				busy[item] = true
				perNamespace[item.Namespace]++
				if perNamespace[item.Namespace] > workers/2 {
					t.Errorf("%d of %d workers are in one namespace", perNamespace[item.Namespace], workers)
				}
				handled[item]++
				mu.Unlock()
				mu.Lock()
				busy[item] = false
				perNamespace[item.Namespace]--
				mu.Unlock()
				q.Done(item)
			}
		})
	}
	for ns := range namespaces {
		adders.Go(func() {
			for range rounds {
				for i := range items {
					q.Add(item(fmt.Sprintf("%d/%d", ns, i)))
				}
			}
		})
	}
	adders.Wait()
	q.ShutDownWithDrain()
	pool.Wait()
	expect(t, "items that were handled", namespaces*items, len(handled))
}
