package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
)

// probeTimeout bounds a readiness check.
const probeTimeout = time.Second

// addServing makes the manager ready when admission works. The cache must be synced, and the index must have observed it.
// The API server must trust the certificate, and ask in every namespace that is served. One refusal must have come all the way back:
// a webhook's, or that of a policy where no webhooks are served.
// The replica must not be stopping.
// Leadership is not required, because every replica serves admission.
func addServing(
	mgr manager.Manager, o *options, namespaces []string, certificate *serving.Certificate, drain *serving.Drain, fed func() bool,
) error {
	trust := &serving.Trust{
		Reader: mgr.GetCache(), Certificate: certificate, Configuration: o.webhookConfig, Namespaces: namespaces, Now: time.Now,
	}
	key, err := o.certificateKey()
	if err != nil {
		return err
	}
	issuance := &serving.Issuance{Reader: mgr.GetAPIReader(), Certificate: key}
	selfTest := &serving.SelfTest{Create: client.NewDryRunClient(mgr.GetClient()).Create, Namespace: o.ownNamespace(), By: o.refuser()}

	errs := []error{mgr.Add(selfTest), mgr.AddHealthzCheck("ping", healthz.Ping)}
	checks := map[string]func(context.Context) error{
		"stopping": func(context.Context) error { return drain.Check() },
		"cache": func(ctx context.Context) error {
			if !mgr.GetCache().WaitForCacheSync(ctx) {
				return errors.New("the cache is not synced yet")
			}
			if !fed() {
				return errors.New("the index of warm Sandboxes is not filled yet")
			}
			return nil
		},
		"admission": func(context.Context) error { return selfTest.Check() },
	}
	if o.webhooks {
		errs = append(errs, mgr.Add(certificate), metrics.Registry.Register(serving.NewMetrics(trust, issuance)))
		checks["certificate"] = func(ctx context.Context) error {
			_, err := trust.Check(ctx)
			return issuance.Explain(ctx, err)
		}
	}
	for name, check := range checks {
		errs = append(errs, mgr.AddReadyzCheck(name, logged(mgr.GetLogger().WithValues("check", name), check)))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("adding probes: %w", err)
	}
	return nil
}

// logged turns check into a readiness check. The answer to the kubelet withholds the reason, so logged logs the reason
// whenever it changes.
func logged(log logr.Logger, check func(context.Context) error) healthz.Checker {
	var mu sync.Mutex
	var last string
	return func(req *http.Request) error {
		ctx, cancel := context.WithTimeout(req.Context(), probeTimeout)
		defer cancel()
		err := check(ctx)
		reason := ""
		if err != nil {
			reason = err.Error()
		}
		mu.Lock()
		defer mu.Unlock()
		switch reason {
		case last:
		case "":
			log.Info("Ready")
		default:
			log.Info("Not ready", "reason", reason)
		}
		last = reason
		return err
	}
}

// refuser returns who refuses where admission works: the webhooks, or the policies where no webhooks are served.
func (o *options) refuser() serving.Refuser {
	if o.webhooks {
		return serving.ByWebhook
	}
	return serving.ByPolicy
}
