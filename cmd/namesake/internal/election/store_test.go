package election

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// store is an API server that has one Lease.
type store struct {
	mu      sync.Mutex
	record  *resourcelock.LeaderElectionRecord
	version int
	// unreachable is what each request ends with, if anything.
	unreachable error
	releases    int
}

var leases = schema.GroupResource{Group: "coordination.k8s.io", Resource: "leases"}

// steal makes somebody else the holder of the Lease.
func (s *store) steal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record.HolderIdentity = "somebody"
	s.version++
}

func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unreachable = err
}

func (s *store) holder() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.record == nil {
		return ""
	}
	return s.record.HolderIdentity
}

// lock is the Lease as one replica sees it, as resourcelock.LeaseLock does.
type lock struct {
	*store

	identity string
	seen     int
}

func (l *lock) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unreachable != nil {
		return nil, nil, l.unreachable
	}
	if l.record == nil {
		return nil, nil, apierrors.NewNotFound(leases, "l")
	}
	l.seen = l.version
	record := *l.record
	raw, err := json.Marshal(record)
	return &record, raw, err
}

func (l *lock) Create(_ context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(record, l.version)
}

func (l *lock) Update(_ context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(record, l.seen)
}

func (l *lock) write(record resourcelock.LeaderElectionRecord, seen int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unreachable != nil {
		return l.unreachable
	}
	if seen != l.version {
		return apierrors.NewConflict(leases, "l", errors.New("it has changed"))
	}
	if record.HolderIdentity == "" {
		l.releases++
	}
	l.version++
	l.record, l.seen = &record, l.version
	return nil
}

func (*lock) RecordEvent(string) {}

func (l *lock) Identity() string { return l.identity }

func (*lock) Describe() string { return "n/l" }
