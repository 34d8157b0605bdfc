package migrate

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// template creates a SandboxTemplate as its controller leaves it: labelled, and with its NetworkPolicy.
func (w *writer) template(template *extensionsv1.SandboxTemplate) *extensionsv1.SandboxTemplate {
	template.Labels = with(template.Labels, group+"sandbox-template-ref-hash", hash(template.Name))
	w.create(template)
	if template.Spec.NetworkPolicyManagement != extensionsv1.NetworkPolicyUnmanaged {
		w.create(policyOf(template))
	}
	return template
}

// policyOf returns the NetworkPolicy of template: the default one, unless the template has rules of its own.
func policyOf(template *extensionsv1.SandboxTemplate) *networkingv1.NetworkPolicy {
	policy := &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: template.Name + "-network-policy"},
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{group + "sandbox-template-ref-hash": hash(template.Name)}},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Ingress: []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{
				PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"app": "sandbox-router"}},
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "agent-sandbox-system"}},
			}}}},
			Egress: []networkingv1.NetworkPolicyEgressRule{{To: []networkingv1.NetworkPolicyPeer{
				{IPBlock: &networkingv1.IPBlock{
					CIDR: "0.0.0.0/0", Except: []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"},
				}},
				{IPBlock: &networkingv1.IPBlock{CIDR: "::/0", Except: []string{"fc00::/7", "fe80::/10"}}},
			}}},
		},
	}
	if own := template.Spec.NetworkPolicy; own != nil {
		policy.Spec.Ingress, policy.Spec.Egress = own.Ingress, own.Egress
	}
	ownedBy(policy, template)
	return policy
}

// pool creates a SandboxWarmPool with as many members as it asks for, all of them Ready.
func (w *writer) pool(made *builder.PoolWrapper, replicas int32) *extensionsv1.SandboxWarmPool {
	pool := made.Replicas(replicas).StatusReplicas(replicas, replicas).Obj()
	pool.Status.Selector = group + "warm-pool-sandbox=" + hash(pool.Name)
	w.create(pool)
	return pool
}

// member returns a Sandbox that pool created from template.
func member(pool *extensionsv1.SandboxWarmPool, template *extensionsv1.SandboxTemplate, name string) *sandboxv1.Sandbox {
	sandbox := ofTemplate(template, name)
	sandbox.GenerateName = pool.Name + "-"
	hashes := []string{
		group + "warm-pool-sandbox", hash(pool.Name), group + "sandbox-template-ref-hash", hash(template.Name),
		group + "sandbox-template-hash", blueprintHash, group + "sandbox-pod-template-hash", podTemplateHash,
	}
	sandbox.Labels = with(sandbox.Labels, append(hashes, group+"launch-type", "warm", group+"created-by", "controller")...)
	sandbox.Spec.PodTemplate.Metadata.Labels = with(sandbox.Spec.PodTemplate.Metadata.Labels, hashes...)
	sandbox.Spec.PodTemplate.Metadata.Annotations = with(sandbox.Spec.PodTemplate.Metadata.Annotations, "cluster-autoscaler.kubernetes.io/safe-to-evict", "true")
	ownedBy(sandbox, pool)
	return sandbox
}

// unlabelled returns sandbox as it was before there were NetworkPolicies: without the label by which they select.
func unlabelled(sandbox *sandboxv1.Sandbox) *sandboxv1.Sandbox {
	delete(sandbox.Labels, group+"sandbox-template-ref-hash")
	delete(sandbox.Spec.PodTemplate.Metadata.Labels, group+"sandbox-template-ref-hash")
	return sandbox
}

// ofTemplate returns what the Sandboxes of a pool and of a claim have in common: the template's blueprint with the secure
// defaults.
func ofTemplate(template *extensionsv1.SandboxTemplate, name string) *sandboxv1.Sandbox {
	sandbox := builder.MakeSandbox(name).PodName(name).Annotation(group+"sandbox-template-ref", template.Name).Obj()
	sandbox.Spec.SandboxBlueprint = *template.Spec.SandboxBlueprint.DeepCopy()
	spec := &sandbox.Spec.PodTemplate.Spec
	if spec.AutomountServiceAccountToken == nil {
		spec.AutomountServiceAccountToken = new(false)
	}
	managed := template.Spec.NetworkPolicyManagement != extensionsv1.NetworkPolicyUnmanaged
	if managed && template.Spec.NetworkPolicy == nil && spec.DNSPolicy == "" {
		spec.DNSPolicy = corev1.DNSNone
		spec.DNSConfig = &corev1.PodDNSConfig{Nameservers: []string{"8.8.8.8", "1.1.1.1"}}
	}
	return sandbox
}

// pools creates templates, pools, and the Sandboxes that are in the pools.
func (w *writer) pools() {
	python := w.template(builder.MakeTemplate("python").PodLabel("app", "python").PodAnnotation("team", "agents").
		EnvVarsInjectionPolicy(extensionsv1.EnvVarsInjectionAllowed).Obj())
	w.templates = map[string]*extensionsv1.SandboxTemplate{"python": python}
	w.pythons = w.pool(builder.MakePool("python").Template("python"), 4)
	w.start(member(w.pythons, python, "python-2kq7n"))
	for _, name := range []string{"python-8xw4d", "python-hlfwy"} {
		w.start(unlabelled(member(w.pythons, python, name)))
	}

	// One of its Sandboxes is from the time of v1alpha1, and from before the annotation that names the template.
	elder := member(w.pythons, python, "python-d4t8c")
	delete(elder.Annotations, group+"sandbox-template-ref")
	inOldVersion(elder)
	w.start(elder)

	// This pool replaces its Sandboxes when the template changes. The template has not changed, whatever the hashes say.
	strict := builder.MakeTemplate("strict").Containers(ports).PodLabel("app", "strict").Obj()
	strict.Spec.NetworkPolicy = &extensionsv1.NetworkPolicySpec{} // It allows no ingress and no egress.
	w.template(strict)
	stricts := w.pool(builder.MakePool("strict").Template("strict").UpdateStrategy(extensionsv1.UpdateStrategyRecreate), 2)
	w.start(member(stricts, strict, "strict-6m9pz"))
	w.start(member(stricts, strict, "strict-c7g5n"))

	// This template says how its Pods resolve names. agent-sandbox records nothing of that.
	resolver := builder.MakeTemplate("resolver").Obj()
	resolver.Spec.PodTemplate.Spec.DNSConfig = &corev1.PodDNSConfig{
		Nameservers: []string{"9.9.9.9"}, Searches: []string{"example.com"}, Options: []corev1.PodDNSConfigOption{{Name: "ndots", Value: new("2")}},
	}
	w.template(resolver)
	resolvers := w.pool(builder.MakePool("resolver").Template("resolver").UpdateStrategy(extensionsv1.UpdateStrategyRecreate), 1)
	w.start(member(resolvers, resolver, "resolver-n5t8w"))

	// These Sandboxes have volumes and Services, and no NetworkPolicy selects them.
	notebook := w.template(builder.MakeTemplate("notebook").Containers(ports).VolumeClaimTemplate("data").Service(true).
		NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged).Obj())
	w.start(member(w.pool(builder.MakePool("notebook").Template("notebook"), 1), notebook, "notebook-w5r2k"))

	// This is what the garbage collector leaves of a pool that was deleted with --cascade=orphan.
	orphan := member(w.pythons, python, "python-v7s3j")
	orphan.OwnerReferences = nil
	w.start(orphan)

	// This pool is from the time of v1alpha1. Its members are Pods.
	pods := w.pool(builder.MakePool("pods").Template("python"), 0)
	for _, name := range []string{"pods-4c8dn", "pods-q6z9m"} {
		pod := builder.MakePod(name).Ready().Label(group+"pool", hash("pods")).Label(group+"sandbox-pod-template-hash", podTemplateHash).Obj()
		ownedBy(pod, pods)
		inOldVersion(pod)
		w.create(pod)
	}
}
