package replicas

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// store is an API server that has one Lease.
type store struct {
	client.Client

	mu      sync.Mutex
	lease   *coordinationv1.Lease
	version int
	// unreachable is what each request ends with, if anything. overtaken writes the Lease before the next write.
	unreachable error
	overtaken   bool
}

var leases = schema.GroupResource{Group: "coordination.k8s.io", Resource: "leases"}

func (s *store) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.unreachable != nil:
		return s.unreachable
	case s.lease == nil:
		return apierrors.NewNotFound(leases, key.Name)
	}
	s.lease.DeepCopyInto(obj.(*coordinationv1.Lease))
	return nil
}

func (s *store) Create(_ context.Context, obj client.Object, _ ...client.CreateOption) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lease != nil {
		return apierrors.NewAlreadyExists(leases, obj.GetName())
	}
	return s.keep(obj)
}

func (s *store) Update(_ context.Context, obj client.Object, _ ...client.UpdateOption) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.overtaken {
		s.overtaken = false
		s.version++
		s.lease.ResourceVersion = strconv.Itoa(s.version)
	}
	if s.lease.ResourceVersion != obj.GetResourceVersion() {
		return apierrors.NewConflict(leases, obj.GetName(), errors.New("it has changed"))
	}
	return s.keep(obj)
}

func (s *store) keep(obj client.Object) error {
	if s.unreachable != nil {
		return s.unreachable
	}
	s.version++
	s.lease = obj.(*coordinationv1.Lease).DeepCopy()
	s.lease.ResourceVersion = strconv.Itoa(s.version)
	return nil
}

func (s *store) notes() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return notesOf(s.lease)
}

func (s *store) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// replica is a Register that runs until it is stopped or killed, and what it said last.
type replica struct {
	*Register

	mu     sync.Mutex
	others []string
	said   int
	// stop ends it as it should. kill lets it end without a word.
	stop, kill func()
}

func (s *store) start(t *testing.T) *replica {
	t.Helper()
	r := &replica{Register: New()}
	reach := &reached{store: s}
	r.Reader, r.Writer, r.Namespace, r.Clock, r.Log = reach, reach, "n", clock.RealClock{}, logr.Discard()
	r.Changed = func(others []string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.others, r.said = slices.Clone(others), r.said+1
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := r.Start(ctx); err != nil {
			t.Error(err)
		}
	}()
	r.stop = func() { cancel(); <-ended }
	r.kill = func() { reach.cut(); cancel(); <-ended }
	t.Cleanup(r.stop)
	return r
}

// reached is a store that a replica reaches until it is cut off.
type reached struct {
	*store

	mu  sync.Mutex
	off bool
}

func (r *reached) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.off = true
}

func (r *reached) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.off {
		return errors.New("cut off")
	}
	return r.store.Get(ctx, key, obj, opts...)
}

func (r *replica) knows(t *testing.T, when string, others ...*replica) {
	t.Helper()
	want := []string{}
	for _, other := range others {
		want = append(want, other.Identity())
	}
	slices.Sort(want)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.others, want) {
		t.Errorf("%s: it knows of %v, want %v", when, r.others, want)
	}
}

// Replicas learn of one another within a period, of one that stops within a period, and of one that dies after its silence.
func TestReplicasKnowOfOneAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		one, two, three := s.start(t), s.start(t), s.start(t)
		time.Sleep(Period + time.Second)
		one.knows(t, "at first", two, three)
		two.knows(t, "at first", one, three)
		three.stop()
		time.Sleep(Period)
		one.knows(t, "when one has stopped", two)
		two.kill()
		time.Sleep(Silence - Period)
		one.knows(t, "when another was killed a moment ago", two)
		time.Sleep(2 * Period)
		one.knows(t, "when it has been silent for long")
		if notes := s.notes(); len(notes) != 1 || notes[one.Identity()] == "" {
			t.Errorf("the Lease has %v", notes)
		}
		one.mu.Lock()
		defer one.mu.Unlock()
		if one.said > 4 {
			t.Errorf("it said %d times that something has changed", one.said)
		}
	})
}

// While the API server is away, a replica goes on with what it knows. It finds its way back, and a write that comes in between
// costs nobody a place.
func TestTheRegisterIsAwayForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		one, two := s.start(t), s.start(t)
		time.Sleep(Period + time.Second)
		s.set(func() { s.unreachable = errors.New("unreachable") })
		time.Sleep(10 * Silence)
		one.knows(t, "while the API server is away", two)
		s.set(func() { s.unreachable, s.overtaken = nil, true })
		time.Sleep(2 * Period)
		one.knows(t, "when it is back", two)
		two.knows(t, "when it is back", one)
		s.set(func() { s.lease = nil })
		time.Sleep(2 * Period)
		one.knows(t, "when somebody has deleted the Lease", two)
		if notes := s.notes(); len(notes) != 2 {
			t.Errorf("the Lease has %v", notes)
		}
	})
}

// What others write on the Lease stays.
func TestAnnotationsOfOthersStay(t *testing.T) {
	lease := &coordinationv1.Lease{}
	lease.Annotations = map[string]string{"example.com/owner": "me", prefix + "gone": "x"}
	got := annotations(lease, map[string]string{"here": "y"})
	if len(got) != 2 || got["example.com/owner"] != "me" || got[prefix+"here"] != "y" {
		t.Errorf("got %v", got)
	}
}

// Who is silent stays gone although the write that takes its note out fails, and is back with its next note.
func TestSilenceOutlastsAConflict(t *testing.T) {
	r := roster{self: "me", heard: map[string]word{}}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, turn := range []struct {
		after time.Duration
		note  string
		there bool
	}{{0, "a", true}, {Silence, "a", false}, {Silence, "a", false}, {2 * Silence, "a", false}, {2 * Silence, "b", true}} {
		notes := map[string]string{"other": turn.note, "me": "x"}
		if others := r.hear(notes, now.Add(turn.after)); (len(others) == 1) != turn.there || (notes["other"] != "") != turn.there {
			t.Errorf("turn %d: it knows of %v, and leaves %v; is the other there: %t", i, others, notes, turn.there)
		}
	}
}
