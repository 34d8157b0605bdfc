package claim

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// errGone says that somebody deleted the claim, or that it expired.
var errGone = errors.New("the claim was deleted while it waited")

// ready reports whether a claim has its Sandbox and is Ready. It is an error if it never will be.
func ready(claim *extensionsv1.SandboxClaim) (bool, error) {
	condition := meta.FindStatusCondition(claim.Status.Conditions, extensionsv1.ConditionReady)
	switch {
	case claim.DeletionTimestamp != nil:
		return false, errGone
	case condition != nil && condition.Reason == extensionsv1.ReasonClaimExpired:
		return false, errors.New("the claim expired while it waited: give it more time by --ttl")
	}
	return condition != nil && condition.Status == metav1.ConditionTrue && claim.Status.Sandbox.Name != "", nil
}

// awaits says what a claim waits for, in the words of its status.
func awaits(claim *extensionsv1.SandboxClaim) string {
	condition := meta.FindStatusCondition(claim.Status.Conditions, extensionsv1.ConditionReady)
	if condition == nil {
		return "no controller has said anything about it"
	}
	return fmt.Sprintf("%s: %s", condition.Reason, condition.Message)
}

// await watches claim until it is Ready. It returns the claim as it was last seen, also with an error. When ctx ends, it returns
// ctx's error.
func await(ctx context.Context, c client.WithWatch, claim *extensionsv1.SandboxClaim) (*extensionsv1.SandboxClaim, error) {
	for {
		seen, err := watchFrom(ctx, c, claim)
		claim = seen
		switch {
		case ctx.Err() != nil:
			return claim, ctx.Err()
		case apierrors.IsResourceExpired(err), apierrors.IsGone(err), errors.Is(err, watchtools.ErrWatchClosed):
			// The API server remembers less than was missed. What there is now says it.
			current := &extensionsv1.SandboxClaim{}
			if err := c.Get(ctx, client.ObjectKeyFromObject(claim), current); apierrors.IsNotFound(err) {
				return claim, errGone
			} else if err != nil {
				return claim, err
			}
			claim = current
			if done, err := ready(claim); done || err != nil {
				return claim, err
			}
		default:
			return claim, err
		}
	}
}

// watchFrom watches claim from the version that is given until it is Ready. A watch that breaks off is taken up again.
func watchFrom(ctx context.Context, c client.WithWatch, claim *extensionsv1.SandboxClaim) (*extensionsv1.SandboxClaim, error) {
	watcher := &cache.ListWatch{WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
		options.FieldSelector = fields.OneTermEqualSelector("metadata.name", claim.Name).String()
		return c.Watch(ctx, &extensionsv1.SandboxClaimList{}, &client.ListOptions{Namespace: claim.Namespace, Raw: &options})
	}}
	// A watch that an interrupt breaks off is no error for client-go to log.
	_, err := watchtools.Until(klog.NewContext(ctx, logr.Discard()), claim.ResourceVersion, watcher, func(event watch.Event) (bool, error) {
		if event.Type == watch.Error {
			return false, apierrors.FromObject(event.Object)
		}
		seen, ok := event.Object.(*extensionsv1.SandboxClaim)
		if !ok || seen.UID != claim.UID {
			return false, nil
		}
		claim = seen
		if event.Type == watch.Deleted {
			return false, errGone
		}
		return ready(seen)
	})
	if wait.Interrupted(err) {
		err = ctx.Err()
	}
	return claim, err
}
