package installation

import (
	"context"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// What could not be seen, in Unseen.
const (
	seeDefinitions  = "CustomResourceDefinitions"
	seeWebhooks     = "webhook configurations"
	seePolicies     = "ValidatingAdmissionPolicies"
	seeManagers     = "the managers' Deployment and Pods"
	seeEndpoints    = "the webhooks' Services and EndpointSlices"
	seeCertificates = "cert-manager's Certificates"
	seeLease        = "the Lease of the election"
	seeProbe        = "what the API server answers to a dry run"
	seeOthers       = "Deployments of agent-sandbox"
)

// nameLabel is on all that an installation consists of; nameOfPods is its value.
const nameLabel, nameOfPods = "app.kubernetes.io/name", "namesake"

// listLimit is how many objects of a kind are read at most. A cluster has some dozens of webhook configurations.
const listLimit = 500

// Reader reads the facts of an installation.
type Reader struct {
	Client client.WithWatch
	Now    func() time.Time
	// PluginVersion is the version of this program.
	PluginVersion string
	// Brief leaves out what only Judge's parts for administrators need: versions, policies.
	Brief bool
}

// Read returns the facts of the installation that serves namespace. What the user may not read is in their Unseen. The error is of the
// connection.
func (r *Reader) Read(ctx context.Context, namespace string) (*Facts, error) {
	f := &Facts{Namespace: defaultNamespace, PluginVersion: r.PluginVersion}
	steps := []func(context.Context, *Facts, string) error{
		r.readWebhooks, r.readManagers, r.readEndpoints, r.readCertificates, r.readLeader, r.probe,
	}
	if !r.Brief {
		steps = append(steps, r.readDefinitions, r.readPolicies)
	}
	for _, step := range append(steps, r.readOthers) {
		if err := step(ctx, f, namespace); err != nil {
			return nil, err
		}
	}
	f.Now = r.Now()
	return f, nil
}

// tolerate notes that what could not be read, if that is because the user may not or the API server does not know it. It returns any
// other error but that an object does not exist.
func (f *Facts) tolerate(what string, err error) error {
	switch {
	case err == nil, apierrors.IsNotFound(err):
		return nil
	case apierrors.IsForbidden(err):
		f.miss(what, "you may not read it")
		return nil
	case meta.IsNoMatchError(err):
		f.miss(what, "the API server does not have it")
		return nil
	}
	return err
}

func (f *Facts) miss(what, why string) {
	if f.Sees(what) {
		f.Unseen = append(f.Unseen, Unseen{what, why})
	}
}

func (r *Reader) readDefinitions(ctx context.Context, f *Facts, _ string) error {
	for name := range definitions {
		var definition apiextensionsv1.CustomResourceDefinition
		err := r.Client.Get(ctx, client.ObjectKey{Name: name}, &definition)
		if err == nil {
			f.Definitions = append(f.Definitions, definition)
		} else if err := f.tolerate(seeDefinitions, err); err != nil {
			return err
		}
	}
	return nil
}

// readWebhooks reads Namesake's webhook configurations, and learns from them where the managers are. Of several installations, it takes
// the one whose webhooks are asked in namespace.
func (r *Reader) readWebhooks(ctx context.Context, f *Facts, namespace string) error {
	var mutating admissionv1.MutatingWebhookConfigurationList
	var validating admissionv1.ValidatingWebhookConfigurationList
	for _, list := range []client.ObjectList{&mutating, &validating} {
		if err := r.Client.List(ctx, list, client.Limit(listLimit)); err != nil {
			return f.tolerate(seeWebhooks, err)
		}
	}
	f.Mutating, f.Validating = mutating.Items, validating.Items
	installed := ""
	for _, hook := range f.webhooks() {
		if left, err := rules.LeftOut(hook.namespaces, []string{namespace}); hook.client.Service != nil && !hook.isProbe() {
			if installed == "" || err == nil && left == "" {
				installed = hook.client.Service.Namespace
			}
		}
	}
	if installed == "" {
		return nil
	}
	f.Namespace = installed
	elsewhere := func(config admissionv1.WebhookClientConfig) bool {
		return config.Service != nil && config.Service.Namespace != installed
	}
	f.Mutating = slices.DeleteFunc(f.Mutating, func(c admissionv1.MutatingWebhookConfiguration) bool {
		return len(c.Webhooks) == 0 || !strings.HasSuffix(c.Webhooks[0].Name, ownNames) || elsewhere(c.Webhooks[0].ClientConfig)
	})
	f.Validating = slices.DeleteFunc(f.Validating, func(c admissionv1.ValidatingWebhookConfiguration) bool {
		return len(c.Webhooks) == 0 || !strings.HasSuffix(c.Webhooks[0].Name, ownNames) || elsewhere(c.Webhooks[0].ClientConfig)
	})
	return nil
}

func (r *Reader) readManagers(ctx context.Context, f *Facts, _ string) error {
	var deployments appsv1.DeploymentList
	var pods corev1.PodList
	for _, list := range []client.ObjectList{&deployments, &pods} {
		err := r.Client.List(ctx, list, client.InNamespace(f.Namespace), client.MatchingLabels{nameLabel: nameOfPods}, client.Limit(listLimit))
		if err != nil {
			return f.tolerate(seeManagers, err)
		}
	}
	f.Deployments, f.Pods = deployments.Items, pods.Items
	return nil
}

// readEndpoints reads the Services that the webhooks name, and what is behind them.
func (r *Reader) readEndpoints(ctx context.Context, f *Facts, _ string) error {
	var names []string
	for _, hook := range f.webhooks() {
		if hook.client.Service != nil && !slices.Contains(names, hook.client.Service.Name) {
			names = append(names, hook.client.Service.Name)
		}
	}
	for _, name := range names {
		var service corev1.Service
		err := r.Client.Get(ctx, client.ObjectKey{Namespace: f.Namespace, Name: name}, &service)
		if err != nil {
			if err := f.tolerate(seeEndpoints, err); err != nil {
				return err
			}
			continue
		}
		f.Services = append(f.Services, service)
		var found discoveryv1.EndpointSliceList
		ofService := client.MatchingLabels{discoveryv1.LabelServiceName: name}
		err = r.Client.List(ctx, &found, client.InNamespace(f.Namespace), ofService, client.Limit(listLimit))
		if err := f.tolerate(seeEndpoints, err); err != nil {
			return err
		}
		f.Slices = append(f.Slices, found.Items...)
	}
	return nil
}

func (r *Reader) readPolicies(ctx context.Context, f *Facts, _ string) error {
	var policies admissionv1.ValidatingAdmissionPolicyList
	var bindings admissionv1.ValidatingAdmissionPolicyBindingList
	for _, list := range []client.ObjectList{&policies, &bindings} {
		err := r.Client.List(ctx, list, client.Limit(listLimit))
		if meta.IsNoMatchError(err) {
			return nil
		}
		if err != nil {
			return f.tolerate(seePolicies, err)
		}
	}
	f.HasPolicies, f.Policies, f.Bindings = true, policies.Items, bindings.Items
	return nil
}
