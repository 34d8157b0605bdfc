package election

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// NewLock returns the Lease of that name as this process takes it. Its requests have a connection of their own and no limit to
// their rate: they are few, and the leader loses the Lease if they wait.
func NewLock(cfg *rest.Config, mgr manager.Manager, lease client.ObjectKey, timings Timings) (resourcelock.Interface, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("naming the candidate: %w", err)
	}
	identity := host + "_" + string(uuid.NewUUID())
	own := rest.AddUserAgent(cfg, "leader-election")
	own.QPS, own.RateLimiter = -1, nil
	// A request has all the time that a renewal has. Two tries of half the time would both fail where the API server is slow.
	own.Timeout = max(timings.RenewDeadline, time.Second)
	// client-go shares one connection among clients of equal configuration; a dialer of its own makes this one differ.
	own.Dial = (&net.Dialer{Timeout: own.Timeout, KeepAlive: 30 * time.Second}).DialContext
	leases, err := coordinationv1.NewForConfig(own)
	if err != nil {
		return nil, fmt.Errorf("connecting for the Lease: %w", err)
	}
	return &resourcelock.LeaseLock{
		LeaseMeta: metav1.ObjectMeta{Namespace: lease.Namespace, Name: lease.Name},
		Client:    leases,
		LockConfig: resourcelock.ResourceLockConfig{
			Identity:      identity,
			EventRecorder: mgr.GetEventRecorderFor(identity), //nolint:staticcheck // client-go's lock takes no other.
		},
	}, nil
}

// release gives the Lease back if this replica holds it, so that another leads at once. If that fails, another waits for the
// Lease to end.
func (e *Election) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.Timings.RenewDeadline)
	defer cancel()
	for {
		held, _, err := e.Lock.Get(ctx)
		if err != nil {
			e.Log.Error(err, "Giving back the Lease")
			return
		}
		if held.HolderIdentity != e.Lock.Identity() {
			return
		}
		now := metav1.Now()
		err = e.Lock.Update(ctx, resourcelock.LeaderElectionRecord{
			LeaderTransitions: held.LeaderTransitions, LeaseDurationSeconds: 1, RenewTime: now, AcquireTime: now,
		})
		switch {
		case err == nil:
			return
		case !apierrors.IsConflict(err): // A conflict is with a renewal of this replica's own, which was cancelled too late.
			e.Log.Error(err, "Giving back the Lease")
			return
		}
	}
}
