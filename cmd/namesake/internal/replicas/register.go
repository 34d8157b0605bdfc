// Package replicas tells each replica of the manager which others there are. All of them note in one Lease, now and then, that
// they are there. Nothing but speed depends on it: a replica that does not know of another picks what the other picks as well,
// more often than it would, and the writes decide.
package replicas

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-logr/logr"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

const (
	// Name is the name of the Lease.
	Name = "namesake-replicas"
	// Period is the time between two notes of a replica.
	Period = 5 * time.Second
	// Silence is how long after its last note a replica counts as gone: it may miss two.
	Silence = 3 * Period
	// timeout bounds a request.
	timeout = Period
)

// Register reads the Lease and writes it. It is a manager.Runnable of every replica.
type Register struct {
	// Reader reads past the cache.
	Reader client.Reader
	Writer client.Writer
	// Namespace is that of the Lease.
	Namespace string
	// Changed is called with the identities of the other replicas, in order, whenever these have changed.
	Changed func(others []string)
	Clock   clock.WithTicker
	Log     logr.Logger

	identity string
	roster   roster
	others   []string
	// failed says that the last round has failed, which is logged once.
	failed bool
}

// New returns a Register of a replica with a new identity. Its fields are still to be set.
func New() *Register {
	identity := string(uuid.NewUUID())
	return &Register{identity: identity, roster: roster{self: identity, heard: map[string]word{}}}
}

// Identity returns the identity of this replica, which differs from that of any other.
func (r *Register) Identity() string { return r.identity }

var _ manager.LeaderElectionRunnable = (*Register)(nil)

// NeedLeaderElection implements manager.LeaderElectionRunnable: every replica is in the Lease.
func (*Register) NeedLeaderElection() bool { return false }

// Start implements manager.Runnable. It returns when ctx is done, and takes the replica out of the Lease.
func (r *Register) Start(ctx context.Context) error {
	ticker := r.Clock.NewTicker(Period)
	defer ticker.Stop()
	for {
		r.round(ctx)
		select {
		case <-ctx.Done():
			r.leave(context.WithoutCancel(ctx))
			return nil
		case <-ticker.C():
		}
	}
}

// round notes that this replica is there, and finds out who else is.
func (r *Register) round(ctx context.Context) {
	var others []string
	err := r.update(ctx, func(notes map[string]string) {
		others = r.roster.hear(notes, r.Clock.Now())
		notes[r.identity] = r.Clock.Now().UTC().Format(time.RFC3339Nano)
	})
	switch {
	case err == nil:
		r.failed = false
	case ctx.Err() == nil && !r.failed:
		r.failed = true
		r.Log.Error(err, "Replicas do not know of one another, and may pick the same Sandbox for two claims, of which one is then bound again")
	}
	if others != nil && !slices.Equal(others, r.others) {
		r.others = others
		r.Changed(others)
	}
}

// leave takes this replica out of the Lease. If that fails, the others wait for Silence.
func (r *Register) leave(ctx context.Context) {
	if err := r.update(ctx, func(notes map[string]string) { delete(notes, r.identity) }); err != nil {
		r.Log.V(1).Info("The Lease of the replicas still names this one", "error", err.Error())
	}
}

// update reads the Lease, changes the notes in it, and writes it, or creates it. When another replica was faster, it tries again.
func (r *Register) update(ctx context.Context, change func(notes map[string]string)) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		lease := &coordinationv1.Lease{}
		err := r.Reader.Get(ctx, client.ObjectKey{Namespace: r.Namespace, Name: Name}, lease)
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("reading the Lease of the replicas: %w", err)
		}
		missing := err != nil
		notes := notesOf(lease)
		change(notes)
		lease.Namespace, lease.Name, lease.Annotations = r.Namespace, Name, annotations(lease, notes)
		lease.Spec.RenewTime = new(metav1.NewMicroTime(r.Clock.Now()))
		if missing {
			err = r.Writer.Create(ctx, lease)
		} else {
			err = r.Writer.Update(ctx, lease)
		}
		if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
}
