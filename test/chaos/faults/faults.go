// Package faults lets things go wrong on a running cluster, and right again.
package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/chaos/delay"
	"github.com/namesake-sandbox/namesake/test/chaos/plan"
	"github.com/namesake-sandbox/namesake/test/chaos/site"
)

// patience is how long a program may take to be ready again. Another fault may be in the way meanwhile.
const patience = 5 * time.Minute

// grace is how long a manager has that is told to stop, as in the chart's Deployment.
const grace = 30 * time.Second

// Injector strikes and mends.
type Injector struct {
	Site *site.Site
	// Admin may do everything, at the API server itself.
	Admin  client.Client
	Config *rest.Config
	// Proxy is between the managers and the API server.
	Proxy *delay.Proxy
	// Previous is an older build of the manager, and Jumping one whose clock is ahead; either may be empty.
	Previous, Jumping string
}

// Strike lets a fault begin. What it returns ends the fault, and returns once everything runs again.
func (i *Injector) Strike(ctx context.Context, f plan.Fault) (mend func(context.Context) error, err error) {
	switch f.Kind {
	case plan.APIServerKilled:
		return i.killed(ctx, site.APIServer, i.recover)
	case plan.EtcdKilled:
		return i.killed(ctx, site.Etcd, i.recover)
	case plan.Latency:
		i.Proxy.Set(time.Duration(50+f.Choice%251) * time.Millisecond / 2) // There and back: 50 to 300 ms.
		return func(context.Context) error { i.Proxy.Set(0); return nil }, nil
	case plan.KubeletsSilent:
		return i.stopped(ctx, site.Kwok)
	case plan.ManagerKilled, plan.ManagersKilled, plan.LeaderStopped, plan.ManagerStopped, plan.Upgrade, plan.ClockJump:
		return i.strikeManagers(ctx, f)
	case plan.WebhooksCut:
		if f.Choice%2 == 0 { // The API server's calls are not answered; otherwise, they are refused.
			return i.stopped(ctx, site.Forwarder)
		}
		return i.killed(ctx, site.Forwarder, nil)
	case plan.WebhooksRemoved:
		return i.webhooksRemoved(ctx)
	case plan.CertificateRotated:
		return i.certificateRotated(ctx)
	case plan.CertificateExchanged:
		return i.certificateExchanged(ctx)
	default:
		return nil, fmt.Errorf("there is no fault %q", f.Kind)
	}
}

// killed ends a program at once. It is mended when the program runs again, and ready if that can be asked.
func (i *Injector) killed(ctx context.Context, name string, ready func(context.Context) error) (func(context.Context) error, error) {
	if err := i.Site.Kill(ctx, name, 0); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		if err := i.Site.Start(ctx, name, ""); err != nil || ready == nil {
			return err
		}
		return ready(ctx)
	}, nil
}

// stopped freezes a program, which wakes up late.
func (i *Injector) stopped(ctx context.Context, name string) (func(context.Context) error, error) {
	if err := i.Site.Signal(ctx, name, syscall.SIGSTOP); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return i.Site.Signal(ctx, name, syscall.SIGCONT) }, nil
}

// recover waits until the API server answers, and starts kwok again: it does not notice what happened while its watches were broken
// (a Pod that was deleted meanwhile stays). A kubelet lists. The Leases of the nodes go with it: kwok takes a new name with each start,
// and leaves alone for good some of the nodes that are held under the old one.
func (i *Injector) recover(ctx context.Context) error {
	if err := i.answers(ctx); err != nil {
		return err
	}
	if err := i.Site.Kill(ctx, site.Kwok, 0); err != nil {
		return err
	}
	err := insist(ctx, func(ctx context.Context) error {
		return i.Admin.DeleteAllOf(ctx, &coordinationv1.Lease{}, client.InNamespace(corev1.NamespaceNodeLease))
	})
	if err != nil {
		return err
	}
	return i.Site.Start(ctx, site.Kwok, "")
}

// answers waits until the API server is ready, and etcd with it.
func (i *Injector) answers(ctx context.Context) error {
	c, err := rest.HTTPClientFor(i.Config)
	if err != nil {
		return err
	}
	c.Timeout = 10 * time.Second
	var last string
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		response, err := c.Get(i.Config.Host + "/readyz?verbose")
		if err != nil {
			last = err.Error()
			return false, nil
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		last = fmt.Sprintf("%s: %s, %v", response.Status, body, err)
		return response.StatusCode == http.StatusOK, nil
	})
	if err != nil {
		return fmt.Errorf("the API server is not ready: %w: %s", err, last)
	}
	return nil
}

// strikeManagers strikes one manager, or all.
func (i *Injector) strikeManagers(ctx context.Context, f plan.Fault) (func(context.Context) error, error) {
	managers, err := i.Site.Managers()
	if err != nil {
		return nil, err
	}
	one := managers[f.Choice%uint64(len(managers))]
	switch f.Kind {
	case plan.LeaderStopped:
		for _, m := range managers {
			if m.Leads(ctx) {
				one = m
			}
		}
		return i.stopped(ctx, one.Name)
	case plan.ManagerStopped:
		return i.stopped(ctx, one.Name)
	case plan.Upgrade:
		return i.rolled(ctx, managers, i.Previous)
	case plan.ClockJump:
		return i.rolled(ctx, []site.Manager{one}, i.Jumping)
	case plan.ManagersKilled:
		return i.managersKilled(ctx, managers)
	default:
		return i.managersKilled(ctx, []site.Manager{one})
	}
}

func (i *Injector) managersKilled(ctx context.Context, managers []site.Manager) (func(context.Context) error, error) {
	for _, m := range managers {
		if err := i.Site.Kill(ctx, m.Name, 0); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) error {
		var failures []error
		for _, m := range managers {
			failures = append(failures, i.Site.Start(ctx, m.Name, ""))
		}
		for _, m := range managers {
			failures = append(failures, m.Ready(ctx, patience))
		}
		return errors.Join(failures...)
	}, nil
}

// rolled replaces the managers by another build, one after the other, as a Deployment does. It is mended by rolling back.
func (i *Injector) rolled(ctx context.Context, managers []site.Manager, program string) (func(context.Context) error, error) {
	roll := func(ctx context.Context, program string) error {
		for _, m := range managers {
			if err := i.Site.Kill(ctx, m.Name, grace); err != nil {
				return err
			}
			if err := i.Site.Start(ctx, m.Name, program); err != nil {
				return err
			}
			if err := m.Ready(ctx, patience); err != nil {
				return err
			}
		}
		return nil
	}
	if err := roll(ctx, program); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return roll(ctx, "") }, nil
}
