package serving

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// MisnamedSandbox returns a Sandbox that says its Pod bears another name, which admission refuses to everyone. It is not a
// Pod, because other policies and webhooks of a cluster would refuse a Pod first.
func MisnamedSandbox(namespace, name string) *sandboxv1.Sandbox {
	return &sandboxv1.Sandbox{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: namespace,
			Annotations: map[string]string{sandboxv1.AnnotationPodName: "not-" + name},
		},
		Spec: sandboxv1.SandboxSpec{SandboxBlueprint: sandboxv1.SandboxBlueprint{PodTemplate: sandboxv1.PodTemplate{
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "none", Image: "none"}}},
		}}},
	}
}

// Refuser is who has to refuse a MisnamedSandbox.
type Refuser int

const (
	// ByWebhook is a webhook of Namesake's. The one of the probe comes before all policies.
	ByWebhook Refuser = iota
	// ByPolicy is a policy of Namesake's.
	ByPolicy
)

// Refused returns nil if err, from asking for a MisnamedSandbox, is the refusal by who has to refuse it. Otherwise it returns what is
// wrong. A webhook that the API server cannot reach gives another error.
func Refused(err error, by Refuser) error {
	if err == nil {
		return errors.New("the API server accepts a Sandbox whose Pod would bear another name: it does not ask admission: " +
			"are the webhook configurations and the policies there?")
	}
	var status apierrors.APIStatus
	if apierrors.IsInvalid(err) && errors.As(err, &status) && status.Status().Details != nil {
		for _, cause := range status.Status().Details.Causes {
			if by == ByWebhook && strings.Contains(cause.Field, sandboxv1.AnnotationPodName) || by == ByPolicy && isPolicys(cause) {
				return nil
			}
		}
	}
	return fmt.Errorf("asking for a Sandbox that admission refuses: refused, but not for its Pod's name by who has to: %w", err)
}

// isPolicys reports whether cause is that of the policy which refuses a MisnamedSandbox. A policy's cause has no field, and names it and
// the rule in words.
func isPolicys(cause metav1.StatusCause) bool {
	return strings.HasPrefix(cause.Message, "ValidatingAdmissionPolicy ") && strings.Contains(cause.Message, ": "+rules.RulePodName+": ")
}
