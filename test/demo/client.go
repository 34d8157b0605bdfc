package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

const resourcePods = "pods"

var (
	scheme     = runtime.NewScheme()
	parameters = runtime.NewParameterCodec(scheme)
)

func init() {
	utilruntime.Must(corev1.AddToScheme(scheme))
	utilruntime.Must(sandboxv1.AddToScheme(scheme))
	utilruntime.Must(extensionsv1.AddToScheme(scheme))
}

// client reads the current state from the API server. It caches nothing: the output of kubectl is compared with this.
type client struct {
	core       rest.Interface
	sandboxes  rest.Interface
	extensions rest.Interface
}

func newClient() (*client, error) {
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		clientcmd.NewDefaultClientConfigLoadingRules(), &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // A client that throttles itself would measure that.
	config.WarningHandler = rest.NewWarningWriter(os.Stdout, rest.WarningWriterOptions{})
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()

	c := &client{}
	for _, group := range []struct {
		client  *rest.Interface
		version schema.GroupVersion
		path    string
	}{
		{&c.core, corev1.SchemeGroupVersion, "/api"},
		{&c.sandboxes, sandboxv1.GroupVersion, "/apis"},
		{&c.extensions, extensionsv1.GroupVersion, "/apis"},
	} {
		config := rest.CopyConfig(config)
		config.GroupVersion, config.APIPath = &group.version, group.path
		if *group.client, err = rest.RESTClientFor(config); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *client) listSandboxes(ctx context.Context) ([]sandboxv1.Sandbox, error) {
	var list sandboxv1.SandboxList
	err := c.sandboxes.Get().Namespace(namespace).Resource(sandboxv1.ResourceSandboxes).Do(ctx).Into(&list)
	return list.Items, err
}

func (c *client) listPods(ctx context.Context) ([]corev1.Pod, error) {
	var list corev1.PodList
	err := c.core.Get().Namespace(namespace).Resource(resourcePods).Do(ctx).Into(&list)
	return list.Items, err
}

func (c *client) getSandbox(ctx context.Context, name string) (*sandboxv1.Sandbox, error) {
	sandbox := &sandboxv1.Sandbox{}
	return sandbox, c.sandboxes.Get().Namespace(namespace).Resource(sandboxv1.ResourceSandboxes).Name(name).Do(ctx).Into(sandbox)
}

func (c *client) getPod(ctx context.Context, name string) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	return pod, c.core.Get().Namespace(namespace).Resource(resourcePods).Name(name).Do(ctx).Into(pod)
}

func (c *client) getClaim(ctx context.Context, name string) (*extensionsv1.SandboxClaim, error) {
	claim := &extensionsv1.SandboxClaim{}
	return claim, c.extensions.Get().Namespace(namespace).Resource(extensionsv1.ResourceSandboxClaims).Name(name).Do(ctx).Into(claim)
}

func open(ctx context.Context, client rest.Interface, resource string, options metav1.ListOptions) (watch.Interface, error) {
	options.Watch = true
	return client.Get().Namespace(namespace).Resource(resource).VersionedParams(&options, parameters).Watch(ctx)
}

// await waits until check returns no error. It checks again whenever an object of resource changes.
func await(ctx context.Context, client rest.Interface, resource string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	changes, err := open(ctx, client, resource, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("watching %s: %w", resource, err)
	}
	defer changes.Stop()
	for {
		complaint := check(ctx)
		if complaint == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", patience, complaint)
		case _, ok := <-changes.ResultChan():
			if !ok {
				return errors.Join(fmt.Errorf("the watch on %s ended", resource), complaint)
			}
		}
	}
}
