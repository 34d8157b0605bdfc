package audit_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// found returns each finding as "check kind/name".
func found(snapshot *audit.Snapshot) []string {
	names := []string{}
	for _, finding := range audit.Run(snapshot) {
		names = append(names, fmt.Sprintf("%s %s/%s", finding.Check, finding.Object.Kind, finding.Object.Name))
	}
	return names
}

type cases map[string]struct {
	change func(*world)
	want   []string
}

func (c cases) run(t *testing.T) {
	t.Helper()
	for name, tc := range c {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			if tc.change != nil {
				tc.change(w)
			}
			if diff := cmp.Diff(append([]string{}, tc.want...), found(w.snapshot())); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPods(t *testing.T) {
	cases{
		"all is well": {},
		"two Pods of one Sandbox": {
			change: func(w *world) { w.secondPod("twin", w.bare) },
			want:   []string{"PodName Pod/twin", "TwoPods Sandbox/bare"},
		},
		"a second Pod that is being deleted": {change: func(w *world) { w.delete(w.secondPod("twin", w.bare)) }},
		"a Pod of another name": {
			change: func(w *world) { w.secondPod("twin", w.bare); w.barePod = nil },
			want:   []string{"PodName Pod/twin"},
		},
		"a Pod of another name, out of a pool of Pods": {
			change: func(w *world) {
				w.secondPod("warm-1", w.bare)
				w.barePod = nil
				w.bare.Annotations = map[string]string{sandboxv1.AnnotationPodName: "warm-1"}
			},
		},
		"a Pod whose Sandbox is gone":                {change: func(w *world) { w.bare = nil }, want: []string{"PodOwnerGone Pod/bare"}},
		"a Pod whose Sandbox is being deleted":       {change: func(w *world) { w.delete(w.bare) }},
		"a Pod that goes after its Sandbox":          {change: func(w *world) { w.bare = nil; w.delete(w.barePod) }},
		"a Pod of an earlier Sandbox":                {change: func(w *world) { w.bare.UID = "later" }, want: []string{"PodOwnerGone Pod/bare"}},
		"a Sandbox whose Pod is not there yet":       {change: func(w *world) { w.barePod = nil }},
		"a Pod whose reference has a wrong name":     {change: func(w *world) { w.barePod.OwnerReferences[0].Name = "x" }, want: []string{"PodOwnerGone Pod/bare"}},
		"a reference from the time of v1alpha1":      {change: func(w *world) { w.barePod.OwnerReferences[0].APIVersion = "agents.x-k8s.io/v1alpha1" }},
		"a Pod of a Sandbox of another group":        {change: func(w *world) { w.barePod.OwnerReferences[0].APIVersion = "example.com/v1"; w.barePod.Labels = nil }},
		"a Pod with a second owner":                  {change: secondOwner, want: []string{"PodSecondOwner Pod/bare"}},
		"a Pod with the UID of another in its label": {change: func(w *world) { w.barePod.Labels[sandboxv1.LabelSandboxUID] = string(w.held.UID) }, want: []string{"PodUID Pod/bare"}},
		"a Pod without labels":                       {change: func(w *world) { w.barePod.Labels = nil }},
	}.run(t)
}

func secondOwner(w *world) {
	w.barePod.OwnerReferences = append(w.barePod.OwnerReferences, metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "keeper", UID: "keeper"})
}

func TestLabels(t *testing.T) {
	label := func(obj metav1.Object, key, value string) {
		labels := map[string]string{key: value}
		for k, v := range obj.GetLabels() {
			if k != key {
				labels[k] = v
			}
		}
		obj.SetLabels(labels)
	}
	cases{
		"a foreign Pod with a Sandbox's UID": {
			change: func(w *world) { label(w.foreignPod, sandboxv1.LabelSandboxUID, string(w.held.UID)) },
			want:   []string{"PlantedLabels Pod/web", "PodOrphan Pod/web"},
		},
		"a foreign Pod with the hash of a Sandbox's name": {
			change: func(w *world) { label(w.foreignPod, sandboxv1.LabelSandboxNameHash, rules.Hash("held")) },
			want:   []string{"PlantedLabels Pod/web", "PodOrphan Pod/web"},
		},
		"a foreign Pod with the UID of a claim that has a Sandbox": {
			change: func(w *world) { label(w.foreignPod, sandboxv1.LabelClaimUID, string(w.claim.UID)) },
			want:   []string{"PlantedLabels Pod/web", "PodOrphan Pod/web"},
		},
		"a foreign Pod with the hash of its own name": {
			change: func(w *world) { label(w.foreignPod, sandboxv1.LabelSandboxNameHash, rules.Hash("web")) },
			want:   []string{"PodOrphan Pod/web"},
		},
		"a foreign Pod with the hash of a template": {
			change: func(w *world) { label(w.foreignPod, sandboxv1.LabelTemplateRefHash, rules.Hash("python")) },
			want:   []string{"PodOrphan Pod/web"},
		},
		"a Pod that its Sandbox left behind": {
			change: func(w *world) { w.barePod.OwnerReferences, w.bare = nil, nil },
			want:   []string{"PodOrphan Pod/bare"},
		},
		"a Pod with the label of a claim that its Sandbox is not of": {
			change: func(w *world) { label(w.heldPod, sandboxv1.LabelClaimUID, string(w.other.UID)) },
			want:   []string{"PlantedLabels Pod/held"},
		},
		"a Pod in a pool with the label of a claim": {
			change: func(w *world) { label(w.memberPod, sandboxv1.LabelClaimUID, string(w.other.UID)) },
			want:   []string{"PlantedLabels Pod/member"},
		},
		"a Pod in a pool with the label of another pool": {
			change: func(w *world) { label(w.memberPod, sandboxv1.LabelWarmPool, rules.Hash("else")) },
			want:   []string{"PlantedLabels Pod/member"},
		},
		"a Pod with the hash of another name": {
			change: func(w *world) { label(w.barePod, sandboxv1.LabelSandboxNameHash, rules.Hash("held")) },
			want:   []string{"PlantedLabels Pod/bare"},
		},
		"a Pod that shares its labels": {change: func(w *world) { label(w.barePod, sandboxv1.LabelSandboxNameHash, sandboxv1.SharedNameHash) }},
		"a bare Sandbox's Pod under a template's policy": {
			change: func(w *world) { label(w.barePod, sandboxv1.LabelTemplateRefHash, rules.Hash("python")) },
			want:   []string{"PlantedLabels Pod/bare"},
		},
		"a claimed Pod with the pool's label, just adopted": {
			change: func(w *world) { label(w.heldPod, sandboxv1.LabelWarmPool, rules.Hash("warm")) },
			want:   []string{"PodStaleLabels Pod/held"},
		},
		"a claimed Pod that has not the claim's label yet": {change: func(w *world) { delete(w.heldPod.Labels, sandboxv1.LabelClaimUID) }},
		"a Sandbox in a pool with a claim's label": {
			change: func(w *world) { label(w.member, sandboxv1.LabelClaimUID, string(w.other.UID)) },
			want:   []string{"PlantedLabels Sandbox/member"},
		},
		"a Sandbox in a pool with another pool's label": {
			change: func(w *world) {
				label(w.member, sandboxv1.LabelWarmPool, rules.Hash("else"))
				label(w.memberPod, sandboxv1.LabelWarmPool, rules.Hash("else"))
			},
			want: []string{"PlantedLabels Pod/member", "PlantedLabels Sandbox/member"},
		},
		"a claimed Sandbox with a pool's label": {
			change: func(w *world) { label(w.held, sandboxv1.LabelWarmPool, rules.Hash("warm")) },
			want:   []string{"PlantedLabels Sandbox/held"},
		},
		"a bare Sandbox with the label of a claim that exists": {
			change: func(w *world) { label(w.bare, sandboxv1.LabelClaimUID, string(w.other.UID)) },
			want:   []string{"PlantedLabels Sandbox/bare", "SandboxOrphan Sandbox/bare"},
		},
		"a Sandbox that its claim left behind": {
			change: func(w *world) { w.held.OwnerReferences, w.claim = nil, nil },
			want:   []string{"PodStaleLabels Pod/held", "SandboxOrphan Sandbox/held"},
		},
		"a Sandbox with the hash of another template": {
			change: func(w *world) {
				label(w.held, sandboxv1.LabelTemplateRefHash, rules.Hash("else"))
				label(w.heldPod, sandboxv1.LabelTemplateRefHash, rules.Hash("else"))
				w.policy.Spec.PodSelector.MatchLabels = nil
			},
			want: []string{"TemplateMismatch Sandbox/held"},
		},
	}.run(t)
}

func TestClaims(t *testing.T) {
	expired := metav1.Condition{Type: extensionsv1.ConditionReady, Status: metav1.ConditionFalse, Reason: extensionsv1.ReasonClaimExpired}
	cases{
		"a claim with two Sandboxes": {
			change: func(w *world) { w.more = append(w.more, builder.MakeSandbox("cold").ClaimedBy(w.claim).Obj()) },
			want:   []string{"TwoSandboxes SandboxClaim/mine", "UnboundSandbox Sandbox/cold"},
		},
		"a second Sandbox that is being deleted": {
			change: func(w *world) {
				w.more = append(w.more, builder.MakeSandbox("cold").ClaimedBy(w.claim).Deleting().Obj())
			},
		},
		"a Sandbox that went to a second claim": {
			change: func(w *world) { adopt(w.held, w.other) },
			want: []string{
				"PlantedLabels Pod/held", "SharedSandbox Sandbox/held", "UnboundSandbox Sandbox/held", "RecordLost SandboxClaim/mine",
			},
		},
		"two claims whose status names one Sandbox": {
			change: func(w *world) { record(w.other, "held", w.held.UID) },
			want:   []string{"SharedSandbox Sandbox/held", "RecordLost SandboxClaim/other"},
		},
		"a claim that had an earlier Sandbox of that name": {
			change: func(w *world) { record(w.other, "held", "earlier") },
			want:   []string{"RecordLost SandboxClaim/other"},
		},
		"two Ready claims without UIDs in their status, as agent-sandbox writes it": {
			change: func(w *world) {
				w.claim.Status.Sandbox.UID = ""
				record(w.other, "held", "")
				w.other.Status.Conditions = w.claim.Status.Conditions
			},
			want: []string{"SharedSandbox Sandbox/held", "RecordLost SandboxClaim/other"},
		},
		"a Sandbox that is back in a pool": {
			change: func(w *world) {
				w.held = builder.MakeSandbox("held").Pool(w.pool).Obj()
				w.heldPod = builder.MakePod("held").ControlledBy(w.held).Obj()
			},
			want: []string{"SharedSandbox Sandbox/held", "RecordLost SandboxClaim/mine"},
		},
		"a Sandbox with two holders": {
			change: func(w *world) {
				ref := *rules.PoolOwner(w.pool)
				ref.Controller = nil
				w.held.OwnerReferences = append(w.held.OwnerReferences, ref)
			},
			want: []string{"TwoHolders Sandbox/held"},
		},
		"a Sandbox of a claim that is not bound": {
			change: func(w *world) {
				w.more = append(w.more, builder.MakeSandbox("stolen").ClaimedBy(w.other).Obj())
			},
			want: []string{"UnboundSandbox Sandbox/stolen"},
		},
		"a Sandbox of the claim's own name, without a binding, as agent-sandbox creates it": {
			change: func(w *world) { w.more = append(w.more, builder.MakeSandbox("other").ClaimedBy(w.other).Obj()) },
		},
		"a claim that is bound, and has not adopted yet": {change: func(w *world) { w.other.Annotations = map[string]string{sandboxv1.AnnotationBinding: "member"} }},
		"a claim that has adopted, and not recorded yet": {change: func(w *world) { w.claim.Status = extensionsv1.SandboxClaimStatus{} }},
		"a claim that is bound cold, and has not created yet": {
			change: func(w *world) { w.other.Annotations = map[string]string{sandboxv1.AnnotationBinding: "other"} },
		},
		"a binding to what is not there": {
			change: func(w *world) { w.other.Annotations = map[string]string{sandboxv1.AnnotationBinding: "gone"} },
			want:   []string{"BindingLost SandboxClaim/other"},
		},
		"a binding to what another claim has": {
			change: func(w *world) { w.other.Annotations = map[string]string{sandboxv1.AnnotationBinding: "held"} },
			want:   []string{"BindingLost SandboxClaim/other"},
		},
		"a cold binding in whose way a Sandbox is": {
			change: func(w *world) {
				w.other.Annotations = map[string]string{sandboxv1.AnnotationBinding: "other"}
				w.more = append(w.more, builder.MakeSandbox("other").Obj())
			},
			want: []string{"BindingLost SandboxClaim/other"},
		},
		"a lost binding of a claim that is being deleted": {
			change: func(w *world) {
				w.other.Annotations = map[string]string{sandboxv1.AnnotationBinding: "gone"}
				w.delete(w.other)
			},
		},
		"a claim that has expired and given its Sandbox up": {
			change: func(w *world) {
				w.held, w.heldPod = nil, nil
				w.claim.Status = extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{expired}}
			},
		},
		"a binding that is not what the status says": {
			change: func(w *world) { w.claim.Annotations[sandboxv1.AnnotationBinding] = "member" },
			want:   []string{"BindingMismatch SandboxClaim/mine"},
		},
		"a claim whose Sandbox is gone": {
			change: func(w *world) { w.held, w.heldPod = nil, nil },
			want:   []string{"RecordLost SandboxClaim/mine"},
		},
		"a Sandbox whose claim is gone": {change: func(w *world) { w.claim = nil }, want: []string{"SandboxOwnerGone Sandbox/held"}},
		"a Sandbox whose pool is gone":  {change: func(w *world) { w.pool = nil }, want: []string{"SandboxOwnerGone Sandbox/member"}},
		"a Sandbox of another operator": {
			change: func(w *world) {
				w.bare.OwnerReferences = []metav1.OwnerReference{{APIVersion: "example.com/v1", Kind: "SandboxClaim", Name: "x", UID: "x", Controller: new(true)}}
			},
		},
	}.run(t)
}

func TestPolicies(t *testing.T) {
	cases{
		"no policy": {
			change: func(w *world) { w.policy = nil },
			want:   []string{"NoNetworkPolicy Pod/held", "NoNetworkPolicy Pod/member"},
		},
		"a policy of the same name that selects others": {
			change: func(w *world) { w.policy.Spec.PodSelector.MatchLabels = map[string]string{"app": "web"} },
			want:   []string{"NoNetworkPolicy Pod/held", "NoNetworkPolicy Pod/member"},
		},
		"a policy for one direction": {
			change: func(w *world) { w.policy.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress} },
			want:   []string{"NoNetworkPolicy Pod/held", "NoNetworkPolicy Pod/member"},
		},
		"a Pod that has lost the label": {
			change: func(w *world) { delete(w.heldPod.Labels, sandboxv1.LabelTemplateRefHash) },
			want:   []string{"NoNetworkPolicy Pod/held"},
		},
		"a Pod that has ended": {
			change: func(w *world) {
				w.policy, w.heldPod.Status.Phase, w.memberPod.Status.Phase = nil, corev1.PodFailed, corev1.PodSucceeded
			},
		},
		"a template that manages none": {
			change: func(w *world) {
				w.policy, w.template.Spec.NetworkPolicyManagement = nil, extensionsv1.NetworkPolicyUnmanaged
			},
		},
		"a template that is gone, and its policy not": {change: func(w *world) { w.template = nil }},
		"a template that is gone together with its policy": {
			change: func(w *world) { w.template, w.policy = nil, nil },
			want:   []string{"NoNetworkPolicy Pod/held", "NoNetworkPolicy Pod/member"},
		},
		"a template that is gone and managed none": {
			change: func(w *world) {
				w.template, w.policy = nil, nil
				for _, sandbox := range []*sandboxv1.Sandbox{w.held, w.member} {
					sandbox.Annotations[sandboxv1.AnnotationNetworkPolicyManagement] = string(extensionsv1.NetworkPolicyUnmanaged)
				}
			},
		},
		"Pods that are older than their policy": {
			change: func(w *world) { w.policy.CreationTimestamp = metav1.NewTime(builder.Epoch.Add(time.Second)) },
			want:   []string{"PodBeforePolicy Pod/held", "PodBeforePolicy Pod/member"},
		},
	}.run(t)
}

// A kind that was not read is not taken for absent.
func TestUnread(t *testing.T) {
	for kind, change := range map[string]func(*audit.Snapshot){
		"Sandbox":         func(s *audit.Snapshot) { s.Sandboxes = nil },
		"Pod":             func(s *audit.Snapshot) { s.Pods = nil },
		"SandboxClaim":    func(s *audit.Snapshot) { s.Claims = nil },
		"SandboxWarmPool": func(s *audit.Snapshot) { s.Pools = nil },
		"SandboxTemplate": func(s *audit.Snapshot) { s.Templates = nil },
		"NetworkPolicy":   func(s *audit.Snapshot) { s.Policies = nil },
	} {
		t.Run(kind, func(t *testing.T) {
			snapshot := newWorld().snapshot()
			change(snapshot)
			snapshot.Unread = sets.New(kind)
			if names := found(snapshot); len(names) > 0 {
				t.Errorf("found %q", names)
			}
		})
	}
}

// Every finding says what it is about, and what to do.
func TestWords(t *testing.T) {
	w := newWorld()
	w.secondPod("twin", w.bare)
	adopt(w.held, w.other)
	w.policy = nil
	findings := audit.Run(w.snapshot())
	if len(findings) < 6 {
		t.Fatalf("only %d findings", len(findings))
	}
	for _, finding := range findings {
		if !strings.Contains(finding.Message, finding.Object.Name) || finding.Remedy == "" || finding.Object.UID == "" || finding.Severity == "" {
			t.Errorf("%+v", finding)
		}
	}
	want := `Sandbox "bare" controls 2 Pods: bare, twin`
	for _, finding := range findings {
		if finding.Check == audit.CheckTwoPods {
			if finding.Message != want || !strings.HasSuffix(finding.Remedy, "kubectl -n default delete pod twin") {
				t.Errorf("%q, %q", finding.Message, finding.Remedy)
			}
		}
	}
}

// Two labels of one Pod that are another's are one finding.
func TestMerged(t *testing.T) {
	w := newWorld()
	w.foreignPod.Labels = map[string]string{
		sandboxv1.LabelSandboxUID: string(w.held.UID), sandboxv1.LabelSandboxNameHash: rules.Hash("held"), sandboxv1.LabelClaimUID: string(w.claim.UID),
	}
	findings := audit.Run(w.snapshot())
	if len(findings) != 2 || strings.Count(findings[0].Message, "; ") != 2 || len(findings[0].Involved) != 2 {
		t.Errorf("%+v", findings)
	}
}

// Every check has a case above that it finds, and an ID and words of its own.
func TestChecks(t *testing.T) {
	seen := sets.New[string]()
	for _, check := range audit.Checks() {
		if seen.Has(check.ID) || check.Finds == "" || check.Lasts <= 0 || check.Severity != audit.Violation && check.Severity != audit.Warning {
			t.Errorf("%+v", check)
		}
		seen.Insert(check.ID)
	}
}
