package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// addProbes makes the manager ready when it can answer admission: the cache is synced, the index has seen it, and the
// webhooks are served. Leading is not asked for: every replica serves admission.
func addProbes(mgr manager.Manager, fed func() bool) error {
	synced := func(req *http.Request) error {
		ctx, cancel := context.WithTimeout(req.Context(), time.Second)
		defer cancel()
		if !mgr.GetCache().WaitForCacheSync(ctx) {
			return errors.New("the cache is not synced yet")
		}
		if !fed() {
			return errors.New("the index of warm Sandboxes is not filled yet")
		}
		return nil
	}
	return errors.Join(
		wrap("healthz", mgr.AddHealthzCheck("ping", healthz.Ping)),
		wrap("cache", mgr.AddReadyzCheck("cache", synced)),
		wrap("webhooks", mgr.AddReadyzCheck("webhooks", mgr.GetWebhookServer().StartedChecker())),
	)
}

func wrap(name string, err error) error {
	if err != nil {
		return fmt.Errorf("adding the probe %s: %w", name, err)
	}
	return nil
}
