package rules

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// NewPoolSandbox returns the Sandbox that pool creates from snapshot, a snapshot of its template. suffix is the random
// end of the name, with SuffixLength characters. The API server refuses the name if it is taken.
func NewPoolSandbox(pool *extensionsv1.SandboxWarmPool, snapshot *TemplateSnapshot, suffix string) *sandboxv1.Sandbox {
	sandbox := newSandbox(snapshot.template, pool.Namespace, GeneratedName(pool.Name+"-", suffix))
	maps.Copy(sandbox.Labels, map[string]string{
		sandboxv1.LabelWarmPool:        Hash(pool.Name),
		sandboxv1.LabelTemplateHash:    snapshot.hash,
		sandboxv1.LabelPodTemplateHash: snapshot.podHash,
		sandboxv1.LabelLaunchType:      sandboxv1.LaunchTypeWarm,
		sandboxv1.LabelCreatedBy:       sandboxv1.CreatedByController,
	})
	sandbox.OwnerReferences = []metav1.OwnerReference{*PoolOwner(pool)}
	return snapshot.nameservers.Serve(sandbox, snapshot.template)
}

// Evictable returns sandbox, which is new, with the annotation that lets the cluster autoscaler evict its Pod. If the
// template has its own value, that value stays alone. The annotation is on the Sandbox and not in its pod template. So
// adoption removes it without a new generation, which the claim would have to wait for.
func Evictable(sandbox *sandboxv1.Sandbox) *sandboxv1.Sandbox {
	if _, said := sandbox.Spec.PodTemplate.Metadata.Annotations[sandboxv1.AnnotationSafeToEvict]; said {
		return sandbox
	}
	marked := sandbox.DeepCopy()
	marked.Annotations[sandboxv1.AnnotationSafeToEvict] = "true"
	return marked
}

// NewClaimSandbox returns the Sandbox that is created from template for claim, with the name that the claim is bound
// to. If the template does not allow what the claim asks for, NewClaimSandbox returns the reason. domains are the
// domains of the labels that a claim may add.
func NewClaimSandbox(
	claim *extensionsv1.SandboxClaim, template *extensionsv1.SandboxTemplate, domains LabelDomains,
) (*sandboxv1.Sandbox, *ConditionError) {
	sandbox := newSandbox(template, claim.Namespace, Binding(claim))
	if errs := injectEnv(&sandbox.Spec.PodTemplate.Spec, claim.Spec.Env, template.Spec.EnvVarsInjectionPolicy); len(errs) > 0 {
		return nil, rejected(extensionsv1.ReasonEnvVarsInjectionRejected, errs)
	}
	volumes, errs := mergeVolumes(
		sandbox.Spec.VolumeClaimTemplates, claim.Spec.VolumeClaimTemplates, template.Spec.VolumeClaimTemplatesPolicy)
	if len(errs) > 0 {
		return nil, rejected(extensionsv1.ReasonVolumeClaimTemplatesError, errs)
	}
	sandbox.Spec.VolumeClaimTemplates = volumes
	if problem := checkColdName(sandbox); problem != nil {
		return nil, problem
	}
	sandbox, problem := WithClaimMetadata(sandbox, claim, domains)
	if problem != nil {
		return nil, problem
	}
	sandbox.Labels[sandboxv1.LabelLaunchType] = sandboxv1.LaunchTypeCold
	sandbox.Labels[sandboxv1.LabelClaimUID] = string(claim.UID)
	if by := claim.Labels[sandboxv1.LabelCreatedBy]; by != "" {
		sandbox.Labels[sandboxv1.LabelCreatedBy] = by
	}
	if word, ok := claim.Annotations[sandboxv1.AnnotationVolumesWhenDeleted]; ok {
		sandbox.Annotations[sandboxv1.AnnotationVolumesWhenDeleted] = word
	}
	if trace := traceContext(claim); trace != "" {
		sandbox.Annotations[sandboxv1.AnnotationTraceContext] = trace
	}
	sandbox.OwnerReferences = []metav1.OwnerReference{*ClaimOwner(claim)}
	return sandbox, nil
}

func newSandbox(template *extensionsv1.SandboxTemplate, namespace, name string) *sandboxv1.Sandbox {
	sandbox := &sandboxv1.Sandbox{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace,
			Name:      name,
			Labels:    map[string]string{sandboxv1.LabelTemplateRefHash: Hash(template.Name)},
			Annotations: map[string]string{
				sandboxv1.AnnotationTemplateRef: template.Name,
				sandboxv1.AnnotationPodName:     name,
			},
		},
		Spec: sandboxv1.SandboxSpec{SandboxBlueprint: Blueprint(template)},
	}
	for _, key := range []string{sandboxv1.AnnotationVolumesWhenDeleted, sandboxv1.AnnotationPodIdentity} {
		if word, ok := template.Annotations[key]; ok {
			sandbox.Annotations[key] = word
		}
	}
	if !isManaged(template) {
		sandbox.Annotations[sandboxv1.AnnotationNetworkPolicyManagement] = string(extensionsv1.NetworkPolicyUnmanaged)
	}
	return sandbox
}

// sampleSuffix and sampleUID are the end of the name, and the UID, of a Sandbox that does not exist.
const sampleSuffix, sampleUID = "trial", "00000000-0000-0000-0000-000000000000"

// SampleSandbox returns a Sandbox as template would make one, which does not exist and is not to be created. Its Pod and its
// volumes look like those that will come: they have a name, labels and an owner, as policies of a cluster may require. What
// the API server says of them applies to every other Sandbox of the template.
func SampleSandbox(template *extensionsv1.SandboxTemplate) *sandboxv1.Sandbox {
	sandbox := newSandbox(template, template.Namespace, GeneratedName(template.Name+"-", sampleSuffix))
	sandbox.UID = sampleUID
	return sandbox
}
