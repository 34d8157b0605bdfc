package migrate

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: 1, LastTransitionTime: before,
	}
}

// readyStatus is the status of a Sandbox whose Pod is Ready, and which has a Service if service is true.
func readyStatus(sandbox *sandboxv1.Sandbox, service bool) sandboxv1.SandboxStatus {
	status := runningStatus(sandbox, condition("Ready", metav1.ConditionTrue, "DependenciesReady", "Pod is Ready"))
	if service {
		status.Service = sandbox.Name
		status.ServiceFQDN = fmt.Sprintf("%s.%s.svc.cluster.test", sandbox.Name, sandbox.Namespace)
		status.Conditions[0].Message = "Pod is Ready; Service Exists"
	}
	return status
}

// runningStatus is the status of a Sandbox that has a Pod.
func runningStatus(sandbox *sandboxv1.Sandbox, ready metav1.Condition) sandboxv1.SandboxStatus {
	return sandboxv1.SandboxStatus{
		Selector: group + "sandbox-name-hash=" + hash(sandbox.Name), PodIPs: []string{builder.DefaultPodIP}, NodeName: builder.DefaultNode,
		Conditions: []metav1.Condition{
			ready,
			condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended"),
			condition("PodScheduled", metav1.ConditionTrue, "PodScheduled", ""),
		},
	}
}

// finishedStatus is the status of a Sandbox whose Pod has finished.
func finishedStatus(sandbox *sandboxv1.Sandbox) sandboxv1.SandboxStatus {
	status := runningStatus(sandbox, condition("Ready", metav1.ConditionFalse, "PodSucceeded", "Pod completed successfully"))
	status.Conditions = append(status.Conditions, condition("Finished", metav1.ConditionTrue, "PodSucceeded", "Pod completed successfully"))
	return status
}

func succeeded(pod *corev1.Pod) *corev1.Pod {
	pod.Status = builder.MakePod(pod.Name).IP(builder.DefaultPodIP).Phase(corev1.PodSucceeded).
		Condition(corev1.PodScheduled, corev1.ConditionTrue).Condition(corev1.PodReady, corev1.ConditionFalse).Obj().Status
	return pod
}

// servedStatus is the status of a claim whose Sandbox of that name is Ready.
func servedStatus(sandbox string) extensionsv1.SandboxClaimStatus {
	return extensionsv1.SandboxClaimStatus{
		Sandbox:    extensionsv1.ClaimedSandbox{Name: sandbox, PodIPs: []string{builder.DefaultPodIP}},
		Conditions: []metav1.Condition{condition("Ready", metav1.ConditionTrue, "DependenciesReady", "Pod is Ready")},
	}
}
