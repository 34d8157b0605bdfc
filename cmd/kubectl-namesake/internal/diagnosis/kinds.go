package diagnosis

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// The kinds of a walk.
const (
	kindClaim    = extensionsv1.KindSandboxClaim
	kindPool     = extensionsv1.KindSandboxWarmPool
	kindTemplate = extensionsv1.KindSandboxTemplate
	kindSandbox  = sandboxv1.KindSandbox
	kindPod      = "Pod"
	kindNode     = "Node"
	kindQuota    = "ResourceQuota"
	kindVolume   = "PersistentVolumeClaim"
	kindClass    = "StorageClass"
	kindSpace    = "Namespace"
	kindPolicy   = "ValidatingAdmissionPolicy"
	kindNetwork  = "NetworkPolicy"
	kindNamesake = "Namesake"
)

func (s *Snapshot) claim() Ref    { return Ref{kindClaim, s.Claim.Name} }
func (s *Snapshot) pool() Ref     { return Ref{kindPool, s.Pool.Name} }
func (s *Snapshot) sandbox() Ref  { return Ref{kindSandbox, s.Sandbox.Name} }
func (s *Snapshot) pod() Ref      { return Ref{kindPod, s.Pod.Name} }
func (s *Snapshot) template() Ref { return Ref{kindTemplate, s.TemplateName} }

// kubectl returns a command in the snapshot's namespace.
func (s *Snapshot) kubectl(format string, args ...any) string {
	return fmt.Sprintf("kubectl --namespace %s ", s.InNamespace) + fmt.Sprintf(format, args...)
}

// editPod returns the command that opens what the Pod's content comes from, and the name of that object. An existing Sandbox keeps its
// content; another that is made of the template has the new one.
func (s *Snapshot) editPod() (command string, from Ref) {
	switch {
	case s.TemplateName != "":
		return s.kubectl("edit sandboxtemplate %s", s.TemplateName), s.template()
	case s.Sandbox != nil:
		return s.kubectl("edit sandbox %s", s.Sandbox.Name), s.sandbox()
	}
	return s.kubectl("edit %s %s", resourceOf[s.Target.Kind], s.Target.Name), s.Target
}

// thenAgain says what is to be done after the template was corrected.
func (s *Snapshot) thenAgain() string {
	switch {
	case s.Claim != nil && s.TemplateName != "" && s.Sandbox != nil:
		return fmt.Sprintf("; then delete claim %s and make it again, since a Sandbox keeps what it was made of", s.Claim.Name)
	case s.TemplateName == "" && s.Sandbox != nil && livePod(s) != nil:
		return fmt.Sprintf("; then delete pod %s, and the Sandbox makes it anew", s.Pod.Name)
	case s.TemplateName != "" && s.PoolName != "":
		return "; the pool then replaces what it was made of before"
	}
	return ""
}

// podIsReady reports whether the Pod's condition says so.
func podIsReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// messageLimit is how much of a message a cause quotes, in bytes; stepLimit is how much a step of the walk does.
const messageLimit, stepLimit = 1000, 110

func brief(message string) string { return rules.Cut(oneLine(message), messageLimit) }

func oneLine(message string) string { return strings.Join(strings.Fields(message), " ") }
