package conformance

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/conformance"
)

// harmless is an annotation that nothing heeds.
const harmless = "conformance.agents.x-k8s.io/tried"

// refusal judges two writes that differ in one thing: harmless has to be accepted, else the other's refusal tells nothing. Both are
// answers to dry runs, so that nothing is left where the second is not refused.
func refusal(harmless, harmful error) conformance.Outcome {
	switch {
	case harmless != nil:
		return conformance.Untried("a write without it is not accepted either: %v", harmless)
	case harmful == nil:
		return conformance.Broken("the API server accepts it")
	case apierrors.IsForbidden(harmful), apierrors.IsInvalid(harmful):
		return conformance.Held()
	}
	return conformance.Untried("the API server neither accepts nor refuses it: %v", harmful)
}

// patched returns the answer to a merge patch of an object's metadata, as a dry run.
func (s *scene) patched(ctx context.Context, object client.Object, field string, value any) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{field: value}})
	if err != nil {
		return err
	}
	return s.Patch(ctx, object.DeepCopyObject().(client.Object), client.RawPatch("application/merge-patch+json", patch), client.DryRunAll)
}

// owners tries references to owners on object, and before that an annotation.
func (s *scene) owners(ctx context.Context, object client.Object, references ...metav1.OwnerReference) conformance.Outcome {
	accepted := s.patched(ctx, object, "annotations", map[string]string{harmless: "true"})
	return refusal(accepted, s.patched(ctx, object, "ownerReferences", references))
}

func refusesAdoption(ctx context.Context, s *scene) conformance.Outcome {
	claim := s.newClaim(other)
	if err := s.Create(ctx, claim); err != nil {
		return conformance.Untried("creating a second claim: %v", err)
	}
	return s.owners(ctx, s.sandbox, metav1.OwnerReference{
		APIVersion: extensionsv1.GroupVersion.String(), Kind: extensionsv1.KindSandboxClaim,
		Name: claim.Name, UID: claim.UID, Controller: new(true),
	})
}

func refusesSecondOwner(ctx context.Context, s *scene) conformance.Outcome {
	if s.alone == nil {
		return conformance.Untried("there is no second Sandbox")
	}
	references := s.pod.DeepCopy().OwnerReferences
	references = append(references, metav1.OwnerReference{
		APIVersion: sandboxv1.GroupVersion.String(), Kind: sandboxv1.KindSandbox, Name: s.alone.Name, UID: s.alone.UID,
	})
	return s.owners(ctx, s.pod, references...)
}

func refusesPlantedLabel(ctx context.Context, s *scene) conformance.Outcome {
	hash := s.pod.Labels[sandboxv1.LabelSandboxNameHash]
	if hash == "" {
		return conformance.Untried("the Pod has no label %s", sandboxv1.LabelSandboxNameHash)
	}
	create := func(labels map[string]string) (*corev1.Pod, error) {
		pod := &corev1.Pod{ObjectMeta: s.meta("foreign"), Spec: s.podTemplate().Spec}
		pod.Labels = labels
		return pod, s.Create(ctx, pod, client.DryRunAll)
	}
	_, accepted := create(nil)
	pod, err := create(map[string]string{sandboxv1.LabelSandboxNameHash: hash})
	if err == nil && pod.Labels[sandboxv1.LabelSandboxNameHash] != hash {
		err = apierrors.NewForbidden(corev1.Resource("pods"), pod.Name, fmt.Errorf("the label is taken off"))
	}
	return refusal(accepted, err)
}
