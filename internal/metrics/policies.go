package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

var policyMissingDesc = policyMissing.Desc()

// hashed identifies the templates of a namespace whose names have the same hash.
type hashed struct{ namespace, hash string }

// countPolicies reports the templates whose NetworkPolicy is not as it should be, and those that Sandboxes wait for.
func (s *State) countPolicies(ctx context.Context, samples chan<- prometheus.Metric) error {
	var templates extensionsv1.SandboxTemplateList
	var policies networkingv1.NetworkPolicyList
	var all sandboxv1.SandboxList
	for _, list := range []client.ObjectList{&templates, &policies, &all} {
		if err := s.Cache.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
			return err
		}
	}
	named := map[types.NamespacedName]*networkingv1.NetworkPolicy{}
	for i := range policies.Items {
		named[client.ObjectKeyFromObject(&policies.Items[i])] = &policies.Items[i]
	}
	byHash := map[hashed][]extensionsv1.SandboxTemplate{}
	for i := range templates.Items {
		key := hashed{templates.Items[i].Namespace, rules.Hash(templates.Items[i].Name)}
		byHash[key] = append(byHash[key], templates.Items[i])
	}
	missing := map[types.NamespacedName]bool{}
	for key, colliding := range byHash {
		for i := range colliding {
			template := &colliding[i]
			policy := named[types.NamespacedName{Namespace: key.namespace, Name: rules.NetworkPolicyName(template)}]
			if rules.NetworkPolicyProblem(template, colliding, policy, s.Network) != nil {
				missing[client.ObjectKeyFromObject(template)] = true
			}
		}
	}
	for i := range all.Items {
		sandbox := &all.Items[i]
		if rules.IsWaitingForPolicy(sandbox) {
			missing[types.NamespacedName{Namespace: sandbox.Namespace, Name: rules.SandboxSeriesOf(sandbox).Template}] = true
		}
	}
	for template := range missing {
		gauge(samples, policyMissingDesc, 1, template.Namespace, template.Name)
	}
	return nil
}
