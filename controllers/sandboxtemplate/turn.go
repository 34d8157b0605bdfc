package sandboxtemplate

import (
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
)

const (
	// newInterval is the time between two new templates of a namespace that are served, once newBurst of them came at once. Each costs
	// three requests, and one tenant may create thousands.
	newInterval = 200 * time.Millisecond
	newBurst    = 100
	// longestTurn is how long a new template waits at the most.
	longestTurn = 10 * time.Minute
)

// NewPace returns the pace of a namespace's new templates.
func NewPace(now func() time.Time) *retry.Pace {
	return retry.NewPace(newInterval, newBurst, longestTurn, now)
}

// turn returns how long the template has to wait for its namespace's pace. Only a new one waits, which has no Pods: a change or a repair
// of a policy is for Pods that run.
func (r *Reconciler) turn(template *extensionsv1.SandboxTemplate) time.Duration {
	request := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(template)}
	if isLabelled(template) { // It has been served.
		r.Pace.Forget(request)
		return 0
	}
	return r.Pace.Wait(request)
}
