package serving

import (
	"context"
	"crypto/x509"
	"fmt"
	"sync/atomic"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=mutatingwebhookconfigurations;validatingwebhookconfigurations,resourceNames=namesake,verbs=get;list;watch

// Trust checks that the API server accepts the certificate that is served, according to the installed webhook
// configurations.
type Trust struct {
	Reader      client.Reader
	Certificate *Certificate
	// Configuration is the name of both webhook configurations.
	Configuration string
	// Namespaces are those that are served, none for all. Each webhook has to select them.
	Namespaces []string
	Now        func() time.Time

	// selected says that every webhook has selected them all once. What is left out later is being taken off the list, and the other
	// namespaces go on being served meanwhile.
	selected atomic.Bool
}

// Check returns what keeps the API server from trusting the webhooks, or from asking them in a namespace, or else when the authority
// that it trusts ends.
func (t *Trust) Check(ctx context.Context) (authorityEnds time.Time, err error) {
	leaf, intermediates, err := t.Certificate.Chain()
	if err != nil {
		return time.Time{}, err
	}
	configs, err := t.webhooks(ctx)
	if err != nil {
		return time.Time{}, err
	}
	for webhook, hook := range configs {
		config := hook.config
		if err := t.checkSelector(webhook, hook.namespaces); err != nil && !t.selected.Load() {
			return time.Time{}, err
		}
		if len(config.CABundle) == 0 {
			return time.Time{}, fmt.Errorf("webhook %s has no caBundle yet: cert-manager's cainjector, or whoever installed it, has to fill it in", webhook)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(config.CABundle) {
			return time.Time{}, fmt.Errorf("webhook %s: its caBundle holds no certificate", webhook)
		}
		chains, err := leaf.Verify(x509.VerifyOptions{
			DNSName: serverName(config), Roots: roots, Intermediates: intermediates, CurrentTime: t.Now(),
		})
		if err != nil {
			return time.Time{}, fmt.Errorf("webhook %s: its caBundle does not verify the serving certificate: %w", webhook, err)
		}
		if ends := lastEnd(chains); authorityEnds.IsZero() || ends.Before(authorityEnds) {
			authorityEnds = ends
		}
	}
	t.selected.Store(true)
	return authorityEnds, nil
}

// checkSelector returns an error if a webhook is not asked in a namespace that is served: there nothing would be enforced.
func (t *Trust) checkSelector(webhook string, selector *metav1.LabelSelector) error {
	switch namespace, err := rules.LeftOut(selector, t.Namespaces); {
	case err != nil:
		return fmt.Errorf("webhook %s: %w", webhook, err)
	case namespace != "":
		return fmt.Errorf("webhook %s does not select namespace %q, which --namespaces names: its namespaceSelector has to, by %s",
			webhook, namespace, corev1.LabelMetadataName)
	}
	return nil
}

// reach says how the API server reaches a webhook, and in which namespaces it asks.
type reach struct {
	config     admissionv1.WebhookClientConfig
	namespaces *metav1.LabelSelector
}

// lastEnd returns when the last of the authorities that verify a certificate ends. A renewed authority stands beside the
// previous one.
func lastEnd(chains [][]*x509.Certificate) time.Time {
	var last time.Time
	for _, chain := range chains {
		if root := chain[len(chain)-1]; root.NotAfter.After(last) {
			last = root.NotAfter
		}
	}
	return last
}

// webhooks returns how the API server reaches each webhook, by the webhook's name.
func (t *Trust) webhooks(ctx context.Context) (map[string]reach, error) {
	key := client.ObjectKey{Name: t.Configuration}
	var mutating admissionv1.MutatingWebhookConfiguration
	if err := t.Reader.Get(ctx, key, &mutating); err != nil {
		return nil, fmt.Errorf("reading MutatingWebhookConfiguration %q: %w", t.Configuration, err)
	}
	var validating admissionv1.ValidatingWebhookConfiguration
	if err := t.Reader.Get(ctx, key, &validating); err != nil {
		return nil, fmt.Errorf("reading ValidatingWebhookConfiguration %q: %w", t.Configuration, err)
	}
	configs := map[string]reach{}
	for i := range mutating.Webhooks {
		configs[mutating.Webhooks[i].Name] = reach{mutating.Webhooks[i].ClientConfig, mutating.Webhooks[i].NamespaceSelector}
	}
	for i := range validating.Webhooks {
		configs[validating.Webhooks[i].Name] = reach{validating.Webhooks[i].ClientConfig, validating.Webhooks[i].NamespaceSelector}
	}
	return configs, nil
}

// serverName returns the name that the API server expects in the certificate. It is empty for a webhook with a URL, where
// any name will do.
func serverName(config admissionv1.WebhookClientConfig) string {
	if config.Service == nil {
		return ""
	}
	return config.Service.Name + "." + config.Service.Namespace + ".svc"
}
