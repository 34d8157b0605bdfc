package rules

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// SandboxSeries is the set of label values by which Sandboxes are counted.
type SandboxSeries struct {
	Namespace, LaunchType, Template, OwnedBy, CreatedBy string
	OperatingMode                                       sandboxv1.OperatingMode
	Ready, Expired                                      bool
}

// SandboxSeriesOf returns the series in which sandbox is counted. A Sandbox without a launch type counts as warm in a
// pool, and otherwise as cold.
func SandboxSeriesOf(sandbox *sandboxv1.Sandbox) SandboxSeries {
	group := SandboxSeries{
		Namespace: sandbox.Namespace, LaunchType: sandboxv1.LaunchTypeCold, OwnedBy: NoOwner,
		Template:  cmp.Or(sandbox.Annotations[sandboxv1.AnnotationTemplateRef], NoTemplate),
		CreatedBy: CreatedBy(sandbox), OperatingMode: cmp.Or(sandbox.Spec.OperatingMode, sandboxv1.OperatingModeRunning),
	}
	owner := ControllerOf(sandbox)
	if said := sandbox.Labels[sandboxv1.LabelLaunchType]; said == sandboxv1.LaunchTypeWarm || (said == "" && IsPool(owner)) {
		group.LaunchType = sandboxv1.LaunchTypeWarm
	}
	if IsPool(owner) || IsClaim(owner) {
		group.OwnedBy = owner.Kind
	}
	if ready := readyOf(sandbox.Status.Conditions); ready != nil {
		group.Ready = ready.Status == metav1.ConditionTrue
		group.Expired = ready.Reason == sandboxv1.ReasonSandboxExpired
	}
	return group
}

// CreatedBy returns who asked for obj, as its label says: one of the values that clients count by.
func CreatedBy(obj metav1.Object) string { return createdBy(obj.GetLabels()[sandboxv1.LabelCreatedBy]) }
