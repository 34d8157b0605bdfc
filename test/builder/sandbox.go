package builder

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// SandboxWrapper makes a Sandbox.
type SandboxWrapper struct {
	metadata[*SandboxWrapper]
	blueprint[*SandboxWrapper]

	sandbox *sandboxv1.Sandbox
}

// MakeSandbox makes a Sandbox with one container, which nobody controls.
func MakeSandbox(name string) *SandboxWrapper {
	w := &SandboxWrapper{sandbox: &sandboxv1.Sandbox{}}
	w.metadata = makeMetadata(w, w.sandbox, "sandbox", name)
	w.blueprint = makeBlueprint(w, &w.sandbox.Spec.SandboxBlueprint)
	return w
}

// Obj returns the Sandbox.
func (w *SandboxWrapper) Obj() *sandboxv1.Sandbox {
	return w.sandbox.DeepCopy()
}

// Pool makes it a warm Sandbox of the pool, in the pool's namespace, as the pool creates it. It does not set the hashes of the
// template's content.
func (w *SandboxWrapper) Pool(pool *extensionsv1.SandboxWarmPool) *SandboxWrapper {
	template := pool.Spec.SandboxTemplateRef.Name
	return w.Namespace(pool.Namespace).
		OwnerReferences(*metav1.NewControllerRef(pool, extensionsv1.GroupVersion.WithKind(extensionsv1.KindSandboxWarmPool))).
		Label(sandboxv1.LabelWarmPool, nameHash(pool.Name)).
		Label(sandboxv1.LabelLaunchType, sandboxv1.LaunchTypeWarm).
		Label(sandboxv1.LabelCreatedBy, sandboxv1.CreatedByController).
		Label(sandboxv1.LabelTemplateRefHash, nameHash(template)).
		Annotation(sandboxv1.AnnotationTemplateRef, template)
}

// ClaimedBy makes the claim its controller, in the claim's namespace. After Pool it is as when the claim adopts it; otherwise
// it is as when the claim creates it, cold.
func (w *SandboxWrapper) ClaimedBy(claim *extensionsv1.SandboxClaim) *SandboxWrapper {
	launchType := sandboxv1.LaunchTypeCold
	if _, warm := w.sandbox.Labels[sandboxv1.LabelWarmPool]; warm {
		launchType = sandboxv1.LaunchTypeWarm
		w.PodName(w.sandbox.Name).WithoutAnnotation(sandboxv1.AnnotationSafeToEvict)
	}
	w.Namespace(claim.Namespace).
		OwnerReferences(*metav1.NewControllerRef(claim, extensionsv1.GroupVersion.WithKind(extensionsv1.KindSandboxClaim))).
		WithoutLabel(sandboxv1.LabelWarmPool, sandboxv1.LabelTemplateHash, sandboxv1.LabelPodTemplateHash, sandboxv1.LabelCreatedBy).
		Label(sandboxv1.LabelLaunchType, launchType).
		Label(sandboxv1.LabelClaimUID, string(claim.UID))
	if createdBy, ok := claim.Labels[sandboxv1.LabelCreatedBy]; ok {
		w.Label(sandboxv1.LabelCreatedBy, createdBy)
	}
	if ref := claim.Spec.SandboxTemplateRef; ref != nil {
		w.Label(sandboxv1.LabelTemplateRefHash, nameHash(ref.Name)).Annotation(sandboxv1.AnnotationTemplateRef, ref.Name)
	}
	return w
}

// PodName sets the annotation that names the Pod.
func (w *SandboxWrapper) PodName(name string) *SandboxWrapper {
	return w.Annotation(sandboxv1.AnnotationPodName, name)
}

// OperatingMode says whether the Sandbox should have a Pod.
func (w *SandboxWrapper) OperatingMode(mode sandboxv1.OperatingMode) *SandboxWrapper {
	w.sandbox.Spec.OperatingMode = mode
	return w
}

// ShutdownTime sets when the Sandbox expires.
func (w *SandboxWrapper) ShutdownTime(at time.Time) *SandboxWrapper {
	w.sandbox.Spec.ShutdownTime = &metav1.Time{Time: at}
	return w
}

// ShutdownPolicy sets what happens to the expired Sandbox.
func (w *SandboxWrapper) ShutdownPolicy(policy sandboxv1.ShutdownPolicy) *SandboxWrapper {
	w.sandbox.Spec.ShutdownPolicy = policy
	return w
}

// Ready makes the Sandbox Ready for its generation. Its Pod, which MakePod(name).ControlledBy(sandbox).Ready() makes, is Ready
// on DefaultNode with DefaultPodIP unless Node and PodIPs were called before.
func (w *SandboxWrapper) Ready() *SandboxWrapper {
	status := &w.sandbox.Status
	status.Selector = sandboxv1.LabelSandboxNameHash + "=" + nameHash(w.sandbox.Name)
	if len(status.PodIPs) == 0 {
		status.PodIPs = []string{DefaultPodIP}
	}
	if status.NodeName == "" {
		status.NodeName = DefaultNode
	}
	if status.PodUID == "" {
		status.PodUID = UID("pod", w.sandbox.Name)
	}
	return w.Condition(sandboxv1.ConditionReady, metav1.ConditionTrue, sandboxv1.ReasonDependenciesReady)
}

// Condition sets a condition.
func (w *SandboxWrapper) Condition(kind string, status metav1.ConditionStatus, reason string) *SandboxWrapper {
	w.sandbox.Status.Conditions = setCondition(w.sandbox.Status.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, ObservedGeneration: w.sandbox.Generation,
	})
	return w
}

// Node sets the name of the Pod's node in the status.
func (w *SandboxWrapper) Node(name string) *SandboxWrapper {
	w.sandbox.Status.NodeName = name
	return w
}

// PodIPs sets the addresses of the Pod in the status.
func (w *SandboxWrapper) PodIPs(ips ...string) *SandboxWrapper {
	w.sandbox.Status.PodIPs = ips
	return w
}

// PodUID sets the UID of the Pod in the status.
func (w *SandboxWrapper) PodUID(uid types.UID) *SandboxWrapper {
	w.sandbox.Status.PodUID = uid
	return w
}

// Replaced records in the status that count Pods were replaced, inARow of them soon, and the last for that reason.
func (w *SandboxWrapper) Replaced(count, inARow int32, reason, message string, last types.UID, at time.Time) *SandboxWrapper {
	w.sandbox.Status.Replacements = &sandboxv1.PodReplacements{
		Count: count, InARow: inARow, LastReason: reason, LastMessage: message, LastPodUID: last, LastTime: metav1.NewTime(at),
	}
	return w
}

// Conditions replaces the conditions.
func (w *SandboxWrapper) Conditions(conditions ...metav1.Condition) *SandboxWrapper {
	w.sandbox.Status.Conditions = conditions
	return w
}
