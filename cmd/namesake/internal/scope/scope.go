// Package scope finds out in which of the namespaces that a manager is to serve it has the rights to.
package scope

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
)

const (
	// tries is how often it is asked for rights that are missing. An installation grants them a moment before its managers start,
	// and each API server learns of it a moment later.
	tries = 5
	// pause is the time between two tries.
	pause = time.Second
	// parallel is how many namespaces are asked about at a time.
	parallel = 16
)

// Rights asks the API server what the program may do.
type Rights struct {
	// Review asks whether the program may do something. Everybody may ask for himself, unless an administrator took that away.
	Review func(
		context.Context, *authorizationv1.SelfSubjectAccessReview, metav1.CreateOptions,
	) (*authorizationv1.SelfSubjectAccessReview, error)
	Clock clock.Clock
	Log   logr.Logger
}

// Split returns the namespaces in which everything that the cache holds may be listed and watched, and those where something may
// not, in their order. One informer that cannot start would keep the cache from being synced, and with it the manager from serving
// anybody. So whoever may take the rights away in one namespace must not decide about the others. It is an error if nothing is left
// to serve, or if the API server does not answer.
func (r *Rights) Split(ctx context.Context, namespaces []string) (served, leftOut []string, err error) {
	var missing []error
	for try := 1; ; try++ {
		if missing, err = r.ask(ctx, namespaces); err == nil && errors.Join(missing...) == nil || try == tries {
			break
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-r.Clock.After(pause):
		}
	}
	if err != nil {
		return nil, nil, err
	}
	for i, namespace := range namespaces {
		if missing[i] == nil {
			served = append(served, namespace)
			continue
		}
		r.Log.Error(missing[i], "Leaving a namespace out: give the manager its Role there again, and restart it", "namespace", namespace)
		leftOut = append(leftOut, namespace)
	}
	if len(served) == 0 && len(namespaces) > 0 {
		return nil, nil, fmt.Errorf("no namespace of --namespaces can be served: %w", errors.Join(missing...))
	}
	return served, leftOut, nil
}

// ask returns for each namespace what the program may not do there, or nil.
func (r *Rights) ask(ctx context.Context, namespaces []string) ([]error, error) {
	missing := make([]error, len(namespaces))
	var mu sync.Mutex
	var failed error
	workqueue.ParallelizeUntil(ctx, parallel, len(namespaces), func(i int) {
		var err error
		if missing[i], err = r.askIn(ctx, namespaces[i]); err != nil {
			mu.Lock()
			defer mu.Unlock()
			failed = fmt.Errorf("asking for the manager's rights in namespace %q: %w", namespaces[i], err)
		}
	})
	return missing, errors.Join(failed, ctx.Err())
}

// askIn returns what the program may not do in a namespace, or nil.
func (r *Rights) askIn(ctx context.Context, namespace string) (missing, err error) {
	for _, resource := range Watched() {
		for _, verb := range []string{"list", "watch"} {
			review, err := r.Review(ctx, &authorizationv1.SelfSubjectAccessReview{
				Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
					Namespace: namespace, Verb: verb, Group: resource.Group, Resource: resource.Resource,
				}},
			}, metav1.CreateOptions{})
			switch {
			case apierrors.IsForbidden(err):
				r.Log.Info("Not allowed to ask for the manager's rights: taken for granted", "namespace", namespace, "reason", err.Error())
				return nil, nil
			case err != nil:
				return nil, err
			case !review.Status.Allowed:
				return fmt.Errorf("may not %s %s in namespace %q", verb, resource, namespace), nil
			}
		}
	}
	return nil, nil
}
