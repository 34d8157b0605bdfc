package faults

import (
	"context"
	"fmt"
	"strings"
	"time"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// configurations returns the product's configurations of webhooks.
func (i *Injector) configurations(ctx context.Context) ([]client.Object, error) {
	var found []client.Object
	mutating, validating := &registrationv1.MutatingWebhookConfigurationList{}, &registrationv1.ValidatingWebhookConfigurationList{}
	for _, list := range []client.ObjectList{mutating, validating} {
		if err := insist(ctx, func(ctx context.Context) error { return i.Admin.List(ctx, list) }); err != nil {
			return nil, err
		}
	}
	for k := range mutating.Items {
		found = append(found, &mutating.Items[k])
	}
	for k := range validating.Items {
		found = append(found, &validating.Items[k])
	}
	own := found[:0]
	for _, object := range found {
		if strings.Contains(object.GetName(), "namesake") {
			own = append(own, object)
		}
	}
	if len(own) != 2 {
		return nil, fmt.Errorf("the cluster has %d configurations of the product's webhooks, want a mutating and a validating one", len(own))
	}
	return own, nil
}

// webhooksRemoved deletes both configurations, as an administrator in need does. They are applied again in the end.
func (i *Injector) webhooksRemoved(ctx context.Context) (func(context.Context) error, error) {
	configurations, err := i.configurations(ctx)
	if err != nil {
		return nil, err
	}
	for _, object := range configurations {
		err := insist(ctx, func(ctx context.Context) error { return client.IgnoreNotFound(i.Admin.Delete(ctx, object)) })
		if err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) error {
		for _, object := range configurations {
			object.SetResourceVersion("")
			object.SetUID("")
			err := insist(ctx, func(ctx context.Context) error {
				err := i.Admin.Create(ctx, object.DeepCopyObject().(client.Object))
				if apierrors.IsAlreadyExists(err) {
					return nil
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// certificateRotated rotates as cert-manager and trust-manager do: the API server first trusts both authorities, then the managers
// get the new certificate, and in the end only the new authority is trusted.
func (i *Injector) certificateRotated(ctx context.Context) (func(context.Context) error, error) {
	configurations, err := i.configurations(ctx)
	if err != nil {
		return nil, err
	}
	trusted := bundleOf(configurations[0])
	authority, err := i.Site.NewCertificate(ctx)
	if err != nil {
		return nil, err
	}
	if err := i.trust(ctx, append(authority, trusted...)); err != nil {
		return nil, err
	}
	if err := i.Site.InstallCertificate(ctx); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return i.trust(ctx, authority) }, nil
}

// certificateExchanged gives the managers a certificate of an authority that the API server does not trust yet.
func (i *Injector) certificateExchanged(ctx context.Context) (func(context.Context) error, error) {
	authority, err := i.Site.NewCertificate(ctx)
	if err != nil {
		return nil, err
	}
	if err := i.Site.InstallCertificate(ctx); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return i.trust(ctx, authority) }, nil
}

// trust lets the API server trust these authorities, in all configurations.
func (i *Injector) trust(ctx context.Context, bundle []byte) error {
	configurations, err := i.configurations(ctx)
	if err != nil {
		return err
	}
	for _, object := range configurations {
		before := object.DeepCopyObject().(client.Object)
		switch c := object.(type) {
		case *registrationv1.MutatingWebhookConfiguration:
			for k := range c.Webhooks {
				c.Webhooks[k].ClientConfig.CABundle = bundle
			}
		case *registrationv1.ValidatingWebhookConfiguration:
			for k := range c.Webhooks {
				c.Webhooks[k].ClientConfig.CABundle = bundle
			}
		}
		patch := client.MergeFrom(before)
		err := insist(ctx, func(ctx context.Context) error {
			return i.Admin.Patch(ctx, object.DeepCopyObject().(client.Object), patch)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func bundleOf(object client.Object) []byte {
	switch c := object.(type) {
	case *registrationv1.MutatingWebhookConfiguration:
		return c.Webhooks[0].ClientConfig.CABundle
	case *registrationv1.ValidatingWebhookConfiguration:
		return c.Webhooks[0].ClientConfig.CABundle
	default:
		return nil
	}
}

// insist tries again until the API server has carried a request out: another fault may be in the way.
func insist(ctx context.Context, try func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		limited, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		last = try(limited)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("%w: %w", err, last)
	}
	return nil
}
