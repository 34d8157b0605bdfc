package migrate

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// createInstallation fills a namespace with the objects that agent-sandbox leaves.
func createInstallation(ctx context.Context, admin client.Client, namespace string) error {
	w := &writer{context: ctx, admin: admin, namespace: namespace}
	w.bare()
	w.pools()
	w.claims()
	return w.err
}

const (
	binding       = group + "sandbox-name"
	observed      = group + "controller-first-observed-at"
	firstReady    = group + "claim-first-ready-at"
	ownLabel      = "sandbox.users.io/tenant"
	ownAnnotation = "podsnapshot.gke.io/ps-name"
)

// claimOf makes a claim of a Python client on the pool "python" that the controller has seen.
func claimOf(name string) *builder.ClaimWrapper {
	return builder.MakeClaim(name).Pool("python").Label(group+"created-by", "python-client").
		Annotation(group+"client-first-requested-at", "2025-12-31T22:59:59+00:00").
		Annotation(observed, "2025-12-31T22:59:59.5Z")
}

// adopted returns the Sandbox of that name from the pool "python", as it is when claim has adopted it.
func (w *writer) adopted(claim *extensionsv1.SandboxClaim, name string) *sandboxv1.Sandbox {
	sandbox := member(w.pythons, w.templates["python"], name)
	for _, key := range []string{"warm-pool-sandbox", "sandbox-template-hash", "sandbox-pod-template-hash", "created-by"} {
		delete(sandbox.Labels, group+key)
	}
	w.give(sandbox, claim, "warm")
	return sandbox
}

// cold returns the Sandbox that was created for claim from the template "python".
func (w *writer) cold(claim *extensionsv1.SandboxClaim) *sandboxv1.Sandbox {
	sandbox := ofTemplate(w.templates["python"], claim.Name)
	for _, variable := range claim.Spec.Env {
		container := &sandbox.Spec.PodTemplate.Spec.Containers[0]
		container.Env = append(container.Env, corev1.EnvVar{Name: variable.Name, Value: variable.Value})
	}
	sandbox.Labels = with(sandbox.Labels, group+"sandbox-template-ref-hash", hash("python"))
	w.give(sandbox, claim, "cold")
	return sandbox
}

// give makes sandbox that of claim. Its pod metadata consists of the template's, what the claim adds, and what identifies the
// claim.
func (w *writer) give(sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim, launchType string) {
	whose := []string{group + "claim-uid", string(claim.UID)}
	if by := claim.Labels[group+"created-by"]; by != "" {
		whose = append(whose, group+"created-by", by)
	}
	sandbox.Labels = with(sandbox.Labels, append(whose, group+"launch-type", launchType)...)
	metadata := w.templates["python"].Spec.PodTemplate.Metadata.DeepCopy()
	metadata.Labels = with(metadata.Labels, append(whose, group+"sandbox-template-ref-hash", hash("python"))...)
	for key, value := range claim.Spec.AdditionalPodMetadata.Labels {
		metadata.Labels = with(metadata.Labels, key, value)
	}
	for key, value := range claim.Spec.AdditionalPodMetadata.Annotations {
		metadata.Annotations = with(metadata.Annotations, key, value)
	}
	sandbox.Spec.PodTemplate.Metadata = *metadata
	ownedBy(sandbox, claim)
}

// served creates a claim that has its Sandbox of that name, and returns the claim.
func (w *writer) served(made *builder.ClaimWrapper, sandbox string) *extensionsv1.SandboxClaim {
	claim := made.Annotation(firstReady, "2025-12-31T23:00:00.1Z").Obj()
	claim.Status = servedStatus(sandbox)
	w.create(claim)
	return claim
}

// claims creates claims and their Sandboxes, of every kind and in every state that a crash can leave.
func (w *writer) claims() {
	warm := w.served(claimOf("warm").BoundTo("python-f5x2t"), "python-f5x2t")
	w.start(w.adopted(warm, "python-f5x2t"))

	tagged := w.served(claimOf("tagged").BoundTo("python-tggd9").PodLabel(ownLabel, "a").PodAnnotation(ownAnnotation, "first"), "python-tggd9")
	w.start(w.adopted(tagged, "python-tggd9"))

	cold := w.served(claimOf("cold").Env("MODE", "batch"), "cold") // A Sandbox that was created has no annotation.
	w.start(w.cold(cold))

	recorded := builder.MakeClaim("recorded").Pool("python").Obj() // Only the status says which Sandbox it has.
	recorded.Status = servedStatus("python-rcrdd")
	w.create(recorded)
	w.start(w.adopted(recorded, "python-rcrdd"))

	// Bindings were recorded in this label before there were annotations.
	labelled := claimOf("labelled").Label(binding, "python-lblld").Obj()
	w.create(labelled)
	w.start(unlabelled(w.adopted(labelled, "python-lblld")))

	// These are left by crashes after the annotation, after the adoption, and after a cold creation.
	w.create(claimOf("halfway").BoundTo("python-hlfwy").Obj())
	adopting := claimOf("adopting").BoundTo("python-dptng").Obj()
	w.create(adopting)
	w.start(w.adopted(adopting, "python-dptng"))
	creating := claimOf("creating").Env("MODE", "batch").Obj()
	w.create(creating)
	w.start(w.cold(creating))

	w.create(builder.MakeClaim("late").Pool("python").Env("MODE", "batch").Obj()) // It was created when no controller ran any more.

	// The claim has adopted this Sandbox, and the Pod does not show that yet.
	fresh := w.served(claimOf("fresh").BoundTo("python-frshh"), "python-frshh")
	sandbox := w.adopted(fresh, "python-frshh")
	w.create(sandbox)
	pod := podOf(member(w.pythons, w.templates["python"], "python-frshh"))
	ownedBy(pod, sandbox)
	w.create(pod)
	sandbox.Status = readyStatus(sandbox, false)
	w.status(sandbox)

	// These claims have no Sandbox any more. The pool deleted the first one's while it was being adopted; somebody deleted the
	// second one's after that.
	w.create(claimOf("outrun").Env("MODE", "batch").BoundTo("python-gone1").Obj())
	w.served(claimOf("bereft").BoundTo("python-gone2"), "python-gone2")

	// A stale view of the claim has led to a second Sandbox, which has the claim's own name.
	doubled := w.served(claimOf("doubled").BoundTo("python-dbld1"), "python-dbld1")
	w.start(w.adopted(doubled, "python-dbld1"))
	w.start(w.cold(doubled))

	expired := claimOf("expired").BoundTo("python-xprd4").Lifecycle(extensionsv1.Lifecycle{
		ShutdownTime: &before, ShutdownPolicy: extensionsv1.ShutdownPolicyRetain,
	}).Obj()
	expired.Status.Conditions = []metav1.Condition{
		condition("Ready", metav1.ConditionFalse, "ClaimExpired", "Claim expired. Sandbox cleanup initiated."),
	}
	w.create(expired)
}
