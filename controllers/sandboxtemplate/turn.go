package sandboxtemplate

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
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

// served knows the templates that have been served once, by their UIDs. A label would not do: whoever creates a template can give it one.
// The zero value is ready to use.
type served struct{ templates sync.Map }

func (s *served) add(template *extensionsv1.SandboxTemplate) {
	s.templates.Store(client.ObjectKeyFromObject(template), template.UID)
}

func (s *served) has(template *extensionsv1.SandboxTemplate) bool {
	uid, known := s.templates.Load(client.ObjectKeyFromObject(template))
	return known && uid == template.UID
}

func (s *served) forget(template types.NamespacedName) { s.templates.Delete(template) }

// turn returns how long the template has to wait for its namespace's pace. Only a new one waits, which has no Pods: a change or a repair
// of a policy is for Pods that run.
func (r *Reconciler) turn(ctx context.Context, template *extensionsv1.SandboxTemplate) (time.Duration, error) {
	if r.served.has(template) {
		return 0, nil
	}
	switch policy, err := readPolicy(ctx, r.Client, policyKey(template)); {
	case err != nil:
		return 0, err
	case policy != nil, !rules.NeedsNetworkPolicy(template) && isLabelled(template): // There is little to do, if anything.
		r.served.add(template)
		return 0, nil
	}
	return r.Pace.Wait(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(template)}), nil
}
