package serving

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ProbeName is the name of the Pod that SelfTest asks for; the match conditions of the webhooks for Pods know it.
const ProbeName = "namesake-admission-probe"

// WronglyNamedPod returns a Pod that says it is a Sandbox's of another name, which admission refuses. It has the labels that
// admission would stamp, and fulfils the strictest Pod Security Standard: nothing else is to refuse it.
func WronglyNamedPod(namespace, name string) *corev1.Pod {
	const nobody = "00000000-0000-0000-0000-000000000000"
	owner := "not-" + name
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: namespace,
			Labels: map[string]string{sandboxv1.LabelSandboxNameHash: rules.Hash(owner), sandboxv1.LabelSandboxUID: nobody},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: sandboxv1.GroupVersion.String(), Kind: sandboxv1.KindSandbox, Name: owner,
				UID: nobody, Controller: new(true),
			}},
		},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: "none", Image: "none",
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
}

// Refused returns nil if err, from asking for a WronglyNamedPod, is admission's own refusal, and else what is wrong. A
// webhook that the API server cannot reach gives another error.
func Refused(err error) error {
	if err == nil {
		return errors.New("the API server accepts a Pod that bears another name than its Sandbox: it does not ask admission: " +
			"are the webhook configurations there?")
	}
	var status apierrors.APIStatus
	if apierrors.IsInvalid(err) && errors.As(err, &status) && status.Status().Details != nil {
		for _, cause := range status.Status().Details.Causes {
			if cause.Field == "metadata.name" {
				return nil
			}
		}
	}
	return fmt.Errorf("asking for a Pod that admission refuses: refused, but not for its name: %w", err)
}
