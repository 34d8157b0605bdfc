package diagnosis

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// ofClaim is the snapshot of a claim with a cold Sandbox whose Pod is pod, and that says reason and message.
func ofClaim(reason, message string, change ...func(*Snapshot)) *Snapshot {
	claim := builder.MakeClaim("agent").Template("python").BoundTo("agent").Obj()
	sandbox := builder.MakeSandbox("agent").ClaimedBy(claim).Conditions(metav1.Condition{
		Type: sandboxv1.ConditionReady, Status: metav1.ConditionFalse, Reason: reason, Message: message,
	}).Obj()
	claim.Status.Conditions = sandbox.Status.Conditions
	claim.Status.Sandbox.Name = "agent"
	s := &Snapshot{
		Now: now, Target: Ref{kindClaim, "agent"}, InNamespace: "demo", Claim: claim, Sandbox: sandbox,
		Template: builder.MakeTemplate("python").Obj(), TemplateName: "python",
	}
	for _, f := range change {
		f(s)
	}
	return s
}

// withPod gives the Sandbox a Pod, changed by f.
func withPod(f func(*corev1.Pod)) func(*Snapshot) {
	return func(s *Snapshot) {
		s.Pod = builder.MakePod(s.Sandbox.Name).ControlledBy(s.Sandbox).Phase(corev1.PodPending).Obj()
		s.Nodes = []corev1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}}}
		f(s.Pod)
	}
}

func unscheduled(message string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: message}}
	}
}

func waits(reason, message string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.NodeName = "node-1"
		p.Spec.Containers = []corev1.Container{{Name: "main", Image: "python:4"}}
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "main", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}},
		}}
	}
}

func failing(part string, stops installation.Stops) func(*Snapshot) {
	return func(s *Snapshot) {
		s.Installation = []installation.Finding{{Part: part, Level: installation.Fail, Stops: stops, Says: part + " fails", Command: "repair"}}
	}
}

const (
	failed   = sandboxv1.ReasonReconcilerError
	notReady = sandboxv1.ReasonDependenciesNotReady
	quotaSay = `Error seen: pods "agent" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1`
)

// The cause that is nearest to the root, and its command.
func TestCauses(t *testing.T) {
	for name, tc := range map[string]struct {
		snapshot    *Snapshot
		id, command string
		passing     bool
	}{
		"a quota refuses the Pod": {ofClaim(failed, quotaSay, func(s *Snapshot) { s.Quotas = []corev1.ResourceQuota{full("small", "pods", "1")} }),
			"quota", `kubectl --namespace demo patch resourcequota small --type=merge --patch '{"spec":{"hard":{"pods":"2"}}}'`, false},
		"a quota that may not be read": {ofClaim(failed, quotaSay), "quota", "kubectl --namespace demo describe resourcequota small", false},
		"a quota that has room again": {ofClaim(failed, quotaSay, func(s *Snapshot) { s.Quotas = []corev1.ResourceQuota{full("small", "pods", "9")} }),
			"quota", "kubectl --namespace demo describe resourcequota small", true},
		"a quota wants limits": {ofClaim(failed, `Error seen: pods "agent" is forbidden: failed quota: small: must specify limits.cpu for: main`),
			"quota", "kubectl --namespace demo edit sandboxtemplate python", false},
		"Pod Security": {ofClaim(failed, `Error seen: pods "agent" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true`),
			"pod-security", "kubectl --namespace demo edit sandboxtemplate python", false},
		"a policy": {ofClaim(failed, `Error seen: pods "agent" is forbidden: ValidatingAdmissionPolicy 'images' with binding 'images' denied request: no`),
			"policy", "kubectl --namespace demo edit sandboxtemplate python", false},
		"a webhook of the cluster's own": {ofClaim(failed, `Error seen: admission webhook "gate.example.com" denied the request: no`),
			"policy", "kubectl --namespace demo edit sandboxtemplate python", false},
		"a webhook of the cluster's own that is down": {ofClaim(failed, `Error seen: Internal error occurred: failed calling webhook "gate.example.com": refused`),
			"webhook-down", "kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations", false},
		"an invalid Pod": {ofClaim(sandboxv1.ReasonInvalidConfiguration, `Error seen: Pod "agent" is invalid: spec.containers[0].image: Required value`),
			"invalid", "kubectl --namespace demo edit sandboxtemplate python", false},
		"no NetworkPolicy": {ofClaim(sandboxv1.ReasonNetworkPolicyNotReady, "no Pod is created before"),
			"network-policy", "kubectl --namespace demo get networkpolicies --selector agents.x-k8s.io/sandbox-template-ref-hash=" + rules.Hash("python"), false},
		"several Pods": {ofClaim(sandboxv1.ReasonMultiplePods, "two"), "several-pods",
			"kubectl --namespace demo get pods --selector agents.x-k8s.io/sandbox-name-hash=" + rules.Hash("agent"), false},
		"a scheduling gate": {ofClaim(notReady, "Pod exists with phase: Pending", withPod(func(p *corev1.Pod) {
			p.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "example.com/gate"}}
		})), "gate", `kubectl --namespace demo patch pod agent --type=json --patch '[{"op":"remove","path":"/spec/schedulingGates"}]'`, false},
		"Kueue's gate": {ofClaim(notReady, "", withPod(func(p *corev1.Pod) {
			p.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: kueueGate}}
		})), "gate", "kubectl --namespace demo get workloads.kueue.x-k8s.io", false},
		"a cordoned node": {ofClaim(notReady, "", withPod(unscheduled("0/1 nodes are available: 1 node(s) were unschedulable.")), func(s *Snapshot) {
			s.Nodes = []corev1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}, Spec: corev1.NodeSpec{Unschedulable: true}}}
		}), "cordoned", "kubectl uncordon node-1", false},
		"a cordoned node that may not be seen": {ofClaim(notReady, "", withPod(unscheduled("1 node(s) were unschedulable."))),
			"cordoned", "kubectl get nodes", false},
		"no room": {ofClaim(notReady, "", withPod(unscheduled("0/1 nodes are available: 1 Insufficient memory."))),
			"unschedulable", "kubectl --namespace demo edit sandboxtemplate python", false},
		"a volume without a class": {ofClaim(notReady, "", withPod(unscheduled("pod has unbound immediate PersistentVolumeClaims")), func(s *Snapshot) {
			s.Volumes = []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data-agent"}}}
		}), "volume-pending", "kubectl get storageclasses", false},
		"a volume whose class is there": {ofClaim(notReady, "", withPod(unscheduled("pod has unbound immediate PersistentVolumeClaims")), func(s *Snapshot) {
			s.StorageClasses = []storagev1.StorageClass{{ObjectMeta: metav1.ObjectMeta{Name: "fast"}}}
			s.Volumes = []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data-agent"}, Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: new("fast")}}}
		}), "volume-pending", "kubectl --namespace demo describe persistentvolumeclaim data-agent", false},
		"an image": {ofClaim(notReady, "", withPod(waits("ErrImagePull", "not found"))), "image", "kubectl --namespace demo edit sandboxtemplate python", false},
		"a container that ends": {ofClaim(notReady, "", withPod(waits("CrashLoopBackOff", "back-off"))),
			"container-ends", "kubectl --namespace demo logs agent --container main --previous", false},
		"a missing Secret": {ofClaim(notReady, "", withPod(waits("CreateContainerConfigError", `secret "s" not found`))),
			"container-config", "kubectl --namespace demo edit sandboxtemplate python", false},
		"a node that is down": {ofClaim(notReady, "", withPod(func(p *corev1.Pod) { p.Spec.NodeName = "node-1" }), func(s *Snapshot) {
			s.Nodes = []corev1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}, Status: corev1.NodeStatus{
				Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionUnknown, Reason: "NodeStatusUnknown"}}}}}
		}), "node-down", "kubectl describe node node-1", false},
		"a node that is gone": {ofClaim(notReady, "", withPod(func(p *corev1.Pod) { p.Spec.NodeName = "node-9" })),
			"node-down", "kubectl --namespace demo delete pod agent", false},
		"it starts":               {ofClaim(notReady, "Pod does not exist"), "starting", "kubectl --namespace demo wait sandbox agent --for=condition=Ready --timeout=2m", true},
		"words that nobody knows": {ofClaim(failed, "Error seen: something new"), "reported", "kubectl --namespace demo describe sandbox agent", false},
	} {
		t.Run(name, func(t *testing.T) { expectCause(t, tc.snapshot, tc.id, tc.command, tc.passing) })
	}
}

func expectCause(t *testing.T, s *Snapshot, id, command string, passing bool) {
	t.Helper()
	cause := Diagnose(s).Cause
	if cause == nil {
		t.Fatalf("nothing is in the way, want %s", id)
	}
	if cause.ID != id || cause.Passing != passing || cause.Says == "" {
		t.Errorf("cause %+v, want %s, passing %t", cause, id, passing)
	}
	if diff := cmp.Diff(command, cause.Command); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
}

// full is a quota of which one is used.
func full(name string, what corev1.ResourceName, limit string) corev1.ResourceQuota {
	return corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{what: resource.MustParse(limit)}},
		Status:     corev1.ResourceQuotaStatus{Used: corev1.ResourceList{what: resource.MustParse("1")}},
	}
}

// What is well has no cause; what fails elsewhere is a note.
func TestWell(t *testing.T) {
	well := func(s *Snapshot) {
		s.Sandbox = builder.MakeSandbox("agent").ClaimedBy(s.Claim).Ready().Obj()
		s.Claim.Status.Conditions = s.Sandbox.Status.Conditions
		s.Pod = builder.MakePod("agent").ControlledBy(s.Sandbox).Ready().Obj()
	}
	if d := Diagnose(ofClaim("", "", well)); d.Cause != nil || len(d.Notes) > 0 {
		t.Errorf("cause %+v, notes %q, want none", d.Cause, d.Notes)
	}
	d := Diagnose(ofClaim("", "", well, failing(installation.PartLeader, installation.StopsReconciling)))
	if d.Cause != nil || len(d.Notes) != 1 {
		t.Errorf("nobody leads: cause %+v, notes %q, want a note only", d.Cause, d.Notes)
	}
	gone := func(s *Snapshot) { s.Pod = nil }
	if d := Diagnose(ofClaim("", "", well, gone, failing(installation.PartLeader, installation.StopsReconciling))); d.Cause == nil || d.Cause.ID != installation.PartLeader {
		t.Errorf("nobody leads, and the Pod is gone: cause %+v, want that nobody leads", d.Cause)
	}
	unseen := func(s *Snapshot) { s.Unseen = []installation.Unseen{{What: kindPod, Why: "you may not read it"}} }
	if d := Diagnose(ofClaim("", "", well, gone, unseen)); d.Cause != nil {
		t.Errorf("the Pod may not be read: cause %+v, want none", d.Cause)
	}
}

// A Pod that is no Sandbox's is looked at, and what was not is said.
func TestAPodOfNoSandbox(t *testing.T) {
	nodes := []corev1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}}}
	d := Diagnose(&Snapshot{Target: Ref{kindPod, "job"}, InNamespace: "demo", Pod: builder.MakePod("job").Ready().Obj(), Nodes: nodes})
	if d.Cause != nil || len(d.Notes) != 1 {
		t.Errorf("cause %+v, notes %q, want a note only", d.Cause, d.Notes)
	}
	pulls := builder.MakePod("job").Obj()
	waits("ErrImagePull", "not found")(pulls)
	if d := Diagnose(&Snapshot{Target: Ref{kindPod, "job"}, InNamespace: "demo", Pod: pulls, Nodes: nodes}); d.Cause == nil || d.Cause.ID != "image" {
		t.Errorf("cause %+v, want its image", d.Cause)
	}
}

// Every object of the way is a step.
func TestWalk(t *testing.T) {
	s := ofClaim(notReady, "Pod exists with phase: Pending", withPod(waits("ErrImagePull", "not\n found")), func(s *Snapshot) {
		s.PoolName = "python"
		s.Volumes = []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data-agent"}, Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound}}}
		s.Unseen, s.Nodes = []installation.Unseen{{What: kindNode, Why: "you may not read it"}}, nil
	})
	want := []Step{
		{Ref{kindClaim, "agent"}, StateWaits, "DependenciesNotReady: Pod exists with phase: Pending"},
		{Ref{kindPool, "python"}, StateMissing, "it does not exist"},
		{Ref{kindTemplate, "python"}, StateOK, ""},
		{Ref{kindSandbox, "agent"}, StateWaits, "(cold) DependenciesNotReady: Pod exists with phase: Pending"},
		{Ref{kindVolume, "data-agent"}, StateOK, "Bound"},
		{Ref{kindPod, "agent"}, StateBlocked, "ErrImagePull: not found"},
		{Ref{kindNode, "node-1"}, StateUnknown, "it could not be read"},
		{Ref{kindNamesake, "installation"}, StateUnknown, "you may not see it"},
	}
	if diff := cmp.Diff(want, Diagnose(s).Walk); diff != "" {
		t.Errorf("walk (-want +got):\n%s", diff)
	}
}

// A snapshot of which nothing could be read but the target panics nowhere.
func TestNothingButTheTarget(t *testing.T) {
	var unseen []installation.Unseen
	for _, kind := range []string{kindPool, kindTemplate, kindSandbox, kindPod, kindNode, kindQuota, kindVolume, kindClass, kindSpace} {
		unseen = append(unseen, installation.Unseen{What: kind, Why: "you may not read it"})
	}
	for _, s := range []*Snapshot{
		{Target: Ref{kindClaim, "a"}, Claim: builder.MakeClaim("a").Pool("p").BoundTo("b").Obj(), PoolName: "p"},
		{Target: Ref{kindPool, "a"}, Pool: builder.MakePool("a").Template("t").Obj(), PoolName: "a", TemplateName: "t"},
		{Target: Ref{kindTemplate, "a"}, Template: builder.MakeTemplate("a").Obj(), TemplateName: "a"},
		{Target: Ref{kindSandbox, "a"}, Sandbox: builder.MakeSandbox("a").Obj()},
		{Target: Ref{kindPod, "a"}, Pod: builder.MakePod("a").Obj()},
	} {
		s.Unseen = unseen
		if d := Diagnose(s); len(d.Walk) == 0 || d.Target != s.Target {
			t.Errorf("%s: %+v", s.Target, d)
		}
	}
}
