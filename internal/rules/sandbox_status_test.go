package rules_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// later is when these tests compute a status. Earlier conditions are from builder.Epoch.
var later = builder.Epoch.Add(time.Hour)

// condition returns a condition of generation 3 that last changed at the given time.
func condition(kind, status, reason, message string, at time.Time) metav1.Condition {
	return metav1.Condition{
		Type: kind, Status: metav1.ConditionStatus(status), Reason: reason, Message: message, ObservedGeneration: 3, LastTransitionTime: metav1.NewTime(at),
	}
}

func TestSandboxStatus(t *testing.T) {
	sandbox := func() *builder.SandboxWrapper { return builder.MakeSandbox("my-sandbox").Generation(3) }
	suspended := func() *builder.SandboxWrapper { return sandbox().OperatingMode(sandboxv1.OperatingModeSuspended) }
	pod := func() *builder.PodWrapper { return builder.MakePod("my-sandbox") }
	notSuspended := condition("Suspended", "False", "NotSuspended", "Sandbox is not suspended", later)
	suspending := condition("Suspended", "False", "PodTerminating", "Pod is terminating. Sandbox is suspending", later)
	scheduled := condition("PodScheduled", "True", "PodScheduled", "", later)
	unreported := condition("PodScheduled", "Unknown", "PodSchedulingUnknown", "Pod has not reported a PodScheduled condition yet", later)
	unknown := condition("PodScheduled", "Unknown", "PodSchedulingUnknown", "Pod state is unknown. Pod scheduling cannot be determined", later)
	isReady := func(message string) metav1.Condition {
		return condition("Ready", "True", "DependenciesReady", message, later)
	}
	notReady := func(reason, message string) metav1.Condition {
		return condition("Ready", "False", reason, message, later)
	}
	only := func(conditions ...metav1.Condition) sandboxv1.SandboxStatus {
		return sandboxv1.SandboxStatus{Conditions: conditions}
	}
	// of returns the status of a Sandbox that observes its Pod.
	of := func(node string, ips []string, conditions ...metav1.Condition) sandboxv1.SandboxStatus {
		return sandboxv1.SandboxStatus{
			Selector: "agents.x-k8s.io/sandbox-name-hash=374de8f5", PodUID: "pod-my-sandbox-uid", NodeName: node, PodIPs: ips, Conditions: conditions,
		}
	}
	// and adds the Service to a status.
	and := func(status sandboxv1.SandboxStatus) sandboxv1.SandboxStatus {
		status.Service, status.ServiceFQDN = "my-sandbox", "my-sandbox.default.svc.cluster.test"
		return status
	}
	const node, ip = builder.DefaultNode, builder.DefaultPodIP
	ips := []string{ip}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper // a bare one by default
		pods    []*builder.PodWrapper
		service bool // whether it exists
		unknown bool
		foreign bool
		problem error
		want    sandboxv1.SandboxStatus
	}{
		"no Pod": {want: only(notReady("DependenciesNotReady", "Pod does not exist"), notSuspended)},
		"no Pod, for a reason beside it": {
			problem: errors.New("quota exceeded"), want: only(notReady("ReconcilerError", "Error seen: quota exceeded"), notSuspended),
		},
		"no Pod, for two reasons": {
			problem: errors.Join(errors.New("one"), errors.New("two")), want: only(notReady("ReconcilerError", "Error seen: one\ntwo"), notSuspended),
		},
		"a Pod that cannot be read, or made": {
			problem: errors.New("lost"), unknown: true, want: only(notReady("ReconcilerError", "Error seen: lost"), notSuspended, unknown),
		},
		"more than one Pod": {
			pods: []*builder.PodWrapper{pod().Ready(), pod().Name("old").Ready()}, problem: errors.New("anything else"),
			want: only(notReady("MultiplePods", "multiple Pods (2) are controlled by this Sandbox; refusing to choose or create a Pod"), notSuspended, unknown),
		},
		"a Pod that says nothing yet": {
			pods: []*builder.PodWrapper{pod().Phase(corev1.PodPending)},
			want: of("", nil, notReady("DependenciesNotReady", "Pod exists with phase: Pending"), notSuspended, unreported),
		},
		"a Pod without a phase": {
			pods: []*builder.PodWrapper{pod()},
			want: of("", nil, notReady("DependenciesNotReady", "Pod exists with phase: "), notSuspended, unreported),
		},
		"a Pod that fits nowhere": {
			pods: []*builder.PodWrapper{pod().Phase(corev1.PodPending).Conditions(corev1.PodCondition{
				Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes are available",
			})},
			want: of("", nil, notReady("DependenciesNotReady", "Pod exists with phase: Pending"), notSuspended,
				condition("PodScheduled", "False", "Unschedulable", "0/3 nodes are available", later)),
		},
		"a Pod that fits nowhere and does not say why": {
			pods: []*builder.PodWrapper{pod().Phase(corev1.PodPending).Condition(corev1.PodScheduled, corev1.ConditionFalse)},
			want: of("", nil, notReady("DependenciesNotReady", "Pod exists with phase: Pending"), notSuspended,
				condition("PodScheduled", "False", "PodSchedulingUnknown", "", later)),
		},
		"a Pod that fits nowhere, in a word that is no reason": {
			pods: []*builder.PodWrapper{pod().Phase(corev1.PodPending).Conditions(corev1.PodCondition{
				Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "quota-exceeded", Message: "tenant a has no GPU left",
			})},
			want: of("", nil, notReady("DependenciesNotReady", "Pod exists with phase: Pending"), notSuspended,
				condition("PodScheduled", "False", "PodSchedulingUnknown", "tenant a has no GPU left", later)),
		},
		"a Pod that fits nowhere, in too long a word": {
			pods: []*builder.PodWrapper{pod().Phase(corev1.PodPending).Conditions(corev1.PodCondition{
				Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: strings.Repeat("a", 1025),
			})},
			want: of("", nil, notReady("DependenciesNotReady", "Pod exists with phase: Pending"), notSuspended,
				condition("PodScheduled", "False", "PodSchedulingUnknown", "", later)),
		},
		"a Pod that may have a node": {
			pods: []*builder.PodWrapper{pod().Phase(corev1.PodPending).Conditions(corev1.PodCondition{
				Type: corev1.PodScheduled, Status: "Perhaps", Reason: "Nominated",
			})},
			want: of("", nil, notReady("DependenciesNotReady", "Pod exists with phase: Pending"), notSuspended,
				condition("PodScheduled", "Unknown", "Nominated", "", later)),
		},
		"a Pod that has a node": {
			pods: []*builder.PodWrapper{pod().Phase(corev1.PodPending).Node(node)},
			want: of(node, nil, notReady("DependenciesNotReady", "Pod exists with phase: Pending"), notSuspended, scheduled),
		},
		"a Pod that runs": {
			pods: []*builder.PodWrapper{pod().Phase(corev1.PodRunning).Node(node).IP(ip)},
			want: of(node, ips, notReady("DependenciesNotReady", "Pod is Running but not Ready"), notSuspended, scheduled),
		},
		"a Pod that runs and is not Ready any more": {
			pods: []*builder.PodWrapper{pod().Ready().Condition(corev1.PodReady, corev1.ConditionFalse)},
			want: of(node, ips, notReady("DependenciesNotReady", "Pod is Running but not Ready"), notSuspended, scheduled),
		},
		"a Ready Pod without an address": {
			pods: []*builder.PodWrapper{pod().Ready().IP()},
			want: of(node, nil, notReady("DependenciesNotReady", "Pod is Ready but has no podIPs yet"), notSuspended, scheduled),
		},
		"a Ready Pod": {
			pods: []*builder.PodWrapper{pod().Ready().IP("10.0.0.7", "fd00::7")},
			want: of(node, []string{"10.0.0.7", "fd00::7"}, isReady("Pod is Ready"), notSuspended, scheduled),
		},
		"a Ready Pod that is terminating": {
			pods: []*builder.PodWrapper{pod().Ready().Deleting()},
			want: of(node, ips, notReady("DependenciesNotReady", "Pod is terminating"), notSuspended, scheduled),
		},
		"a Ready Pod, and a problem": {
			pods: []*builder.PodWrapper{pod().Ready()}, problem: errors.New("labels refused"),
			want: of(node, ips, notReady("ReconcilerError", "Error seen: labels refused"), notSuspended, scheduled),
		},
		"a Pod that succeeded": {
			pods: []*builder.PodWrapper{pod().Ready().Phase(corev1.PodSucceeded)},
			want: of(node, ips, notReady("PodSucceeded", "Pod completed successfully"), notSuspended, scheduled,
				condition("Finished", "True", "PodSucceeded", "Pod completed successfully", later)),
		},
		"a Pod that is not to be restarted and failed, and the Service besides": {
			sandbox: sandbox().Service(true), service: true,
			pods: []*builder.PodWrapper{pod().Ready().RestartPolicy(corev1.RestartPolicyNever).Phase(corev1.PodFailed)},
			want: and(of(node, ips, notReady("PodFailed", "Pod failed"), notSuspended, scheduled,
				condition("Finished", "True", "PodFailed", "Pod failed", later))),
		},

		"a Ready Pod, and the Service that is asked for": {
			sandbox: sandbox().Service(true), service: true, pods: []*builder.PodWrapper{pod().Ready()},
			want: and(of(node, ips, isReady("Pod is Ready; Service Exists"), notSuspended, scheduled)),
		},
		"a Ready Pod, and a Service that is kept": {
			service: true, pods: []*builder.PodWrapper{pod().Ready()},
			want: and(of(node, ips, isReady("Pod is Ready; Service Exists"), notSuspended, scheduled)),
		},
		"a Ready Pod, and a Service that is to go": {
			sandbox: sandbox().Service(false), service: true, pods: []*builder.PodWrapper{pod().Ready()},
			want: and(of(node, ips, isReady("Pod is Ready"), notSuspended, scheduled)),
		},
		"a Ready Pod, without the Service that is asked for": {
			sandbox: sandbox().Service(true), pods: []*builder.PodWrapper{pod().Ready()},
			want: of(node, ips, notReady("DependenciesNotReady", "Pod is Ready; Service does not exist"), notSuspended, scheduled),
		},
		"a Pod that runs, and the Service": {
			sandbox: sandbox().Service(true), service: true, pods: []*builder.PodWrapper{pod().Phase(corev1.PodRunning).Node(node)},
			want: and(of(node, nil, notReady("DependenciesNotReady", "Pod is Running but not Ready; Service Exists"), notSuspended, scheduled)),
		},
		"neither Pod nor Service": {
			sandbox: sandbox().Service(true),
			want:    only(notReady("DependenciesNotReady", "Pod does not exist; Service does not exist"), notSuspended),
		},

		"suspended, with its Pod still there": {
			sandbox: suspended(), pods: []*builder.PodWrapper{pod().Ready()},
			want: of(node, ips, notReady("SandboxSuspended", "Sandbox is suspending"), suspending, scheduled),
		},
		"suspended, with a Pod that ended by itself": {
			sandbox: suspended(), pods: []*builder.PodWrapper{pod().Ready().RestartPolicy(corev1.RestartPolicyOnFailure).Phase(corev1.PodFailed)},
			want: of(node, ips, notReady("SandboxSuspended", "Sandbox is suspending"), suspending, scheduled,
				condition("Finished", "True", "PodFailed", "Pod failed", later)),
		},
		"suspended, and its Pod cannot be deleted": {
			sandbox: suspended(), pods: []*builder.PodWrapper{pod().Ready()}, problem: errors.New("refused"),
			want: of(node, ips, notReady("ReconcilerError", "Error seen: refused"), suspending, scheduled),
		},
		"suspended": {
			sandbox: suspended().Service(true), service: true,
			want: and(only(notReady("SandboxSuspended", "Sandbox is suspended"),
				condition("Suspended", "True", "PodTerminated", "Pod has been terminated. Sandbox is suspended", later))),
		},
		"suspended, and somebody else's Pod has its name": {
			sandbox: suspended(), foreign: true,
			want: sandboxv1.SandboxStatus{Selector: "agents.x-k8s.io/sandbox-name-hash=374de8f5", Conditions: []metav1.Condition{
				notReady("SandboxSuspended", "Sandbox is suspending"),
				condition("Suspended", "False", "PodNotOwned", "Refused to delete pod because it is not owned by this sandbox", later),
			}},
		},
		"suspended and expired, and somebody else's Pod has its name": {
			sandbox: suspended().ShutdownTime(later), foreign: true,
			want: only(notReady("SandboxExpired", "Sandbox has expired"),
				condition("Suspended", "False", "PodNotOwned", "Refused to delete pod because it is not owned by this sandbox", later)),
		},
		"suspended, and the Pod cannot be read": {
			sandbox: suspended(), unknown: true, problem: errors.New("lost"),
			want: only(notReady("ReconcilerError", "Error seen: lost"),
				condition("Suspended", "Unknown", "PodStateUnknown", "Pod state is unknown. Sandbox suspension cannot be confirmed", later), unknown),
		},
		"suspended, with more than one Pod": {
			sandbox: suspended(), pods: []*builder.PodWrapper{pod(), pod().Name("b"), pod().Name("c")},
			want: only(notReady("MultiplePods", "multiple Pods (3) are controlled by this Sandbox; refusing to choose or create a Pod"),
				condition("Suspended", "Unknown", "PodStateUnknown", "Pod state is unknown. Sandbox suspension cannot be confirmed", later), unknown),
		},

		"expired, with all that it had": {
			sandbox: sandbox().ShutdownTime(later).Service(true).Condition("PodScheduled", "True", "PodScheduled"), service: true,
			pods: []*builder.PodWrapper{pod().Ready()}, problem: errors.New("anything"),
			want: only(notReady("SandboxExpired", "Sandbox has expired"), notSuspended),
		},
		"expired, suspended": {
			sandbox: suspended().ShutdownTime(later.Add(-time.Hour)),
			want: only(notReady("SandboxExpired", "Sandbox has expired"),
				condition("Suspended", "True", "PodTerminated", "Pod has been terminated. Sandbox is suspended", later)),
		},
		"expired, after its Pod ended": {
			sandbox: sandbox().ShutdownTime(later), pods: []*builder.PodWrapper{pod().Phase(corev1.PodSucceeded)},
			want: only(notReady("SandboxExpired", "Sandbox has expired"), notSuspended,
				condition("Finished", "True", "PodSucceeded", "Pod completed successfully", later)),
		},
		"expired, with more than one Pod": {
			sandbox: sandbox().ShutdownTime(later), pods: []*builder.PodWrapper{pod(), pod().Name("b")},
			want: only(notReady("SandboxExpired", "Sandbox has expired"), notSuspended),
		},
		"not expired yet": {
			sandbox: sandbox().ShutdownTime(later.Add(time.Second)), pods: []*builder.PodWrapper{pod().Ready()},
			want: of(node, ips, isReady("Pod is Ready"), notSuspended, scheduled),
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen := rules.Observed{PodUnknown: tc.unknown, PodNameTaken: tc.foreign, Err: tc.problem, ClusterDomain: "cluster.test"}
			for _, p := range tc.pods {
				seen.Pods = append(seen.Pods, p.Obj())
			}
			obj := sandbox().Obj()
			if tc.sandbox != nil {
				obj = tc.sandbox.Obj()
			}
			if tc.service {
				seen.Service = rules.NewService(obj)
			}
			got := rules.SandboxStatus(obj, seen, later)
			tc.want.ObservedGeneration = 3
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if !rules.SandboxStatusChanged(obj, got) {
				t.Error("the status is not written")
			}
			obj.Status = got
			if again := rules.SandboxStatus(obj, seen, later.Add(time.Millisecond)); rules.SandboxStatusChanged(obj, again) {
				t.Errorf("a second pass would write again:\n%s", cmp.Diff(got, again))
			}
		})
	}
}
