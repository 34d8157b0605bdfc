package auditor

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/audit"
)

// Reasons of the auditor's events.
const (
	ReasonViolation = "AuditViolation"
	ReasonWarning   = "AuditWarning"
)

// tell writes the log line and the event of a finding, once.
func (a *Auditor) tell(finding *audit.Finding) {
	reason, object := ReasonWarning, finding.Object
	log := a.Log.WithValues("check", finding.Check, "kind", object.Kind, "namespace", object.Namespace, "name", object.Name,
		"message", finding.Message, "remedy", finding.Remedy)
	if finding.Severity == audit.Violation {
		reason = ReasonViolation
		log.Error(nil, "The audit found a violation: the guarantee is broken")
	} else {
		log.Info("The audit found something left over, lost or out of date")
	}
	// The action is the check: an object's events of one reason and action become a series, with the note of the first.
	a.Recorder.Eventf(&corev1.ObjectReference{
		APIVersion: apiVersions[object.Kind], Kind: object.Kind, Namespace: object.Namespace, Name: object.Name, UID: object.UID,
	}, nil, corev1.EventTypeWarning, reason, finding.Check, "%s: %s. %s", finding.Check, finding.Message, finding.Remedy)
}

// apiVersions are those of the kinds that findings are about.
var apiVersions = map[string]string{
	audit.KindPod:                    corev1.SchemeGroupVersion.String(),
	audit.KindNetworkPolicy:          networkingv1.SchemeGroupVersion.String(),
	sandboxv1.KindSandbox:            sandboxv1.GroupVersion.String(),
	extensionsv1.KindSandboxClaim:    extensionsv1.GroupVersion.String(),
	extensionsv1.KindSandboxWarmPool: extensionsv1.GroupVersion.String(),
	extensionsv1.KindSandboxTemplate: extensionsv1.GroupVersion.String(),
}

// count sets the metrics to what holds.
func (a *Auditor) count() {
	counts := map[string]int{}
	for _, finding := range a.memory.Told() {
		counts[finding.Check]++
	}
	a.Metrics.Set(counts)
}

// report records that a look was complete, unless how is empty.
func (a *Auditor) report(how string) {
	a.count()
	if how != "" {
		a.Metrics.Complete(how, a.Clock.Now())
	}
}
