package rules_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestNewPod(t *testing.T) {
	sandbox := builder.MakeSandbox("a").Namespace("ns").Pool(builder.MakePool("p").Namespace("ns").Template("t").Obj()).
		PodName("another").Image("busybox").PodLabel("app", "x").PodAnnotation("note", "y").Obj()
	want := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "ns", Name: "a",
			Labels: map[string]string{
				"app": "x", sandboxv1.LabelSandboxNameHash: rules.Hash("a"), sandboxv1.LabelSandboxUID: "sandbox-a-uid",
				sandboxv1.LabelWarmPool:        rules.Hash("p"),
				sandboxv1.LabelTemplateRefHash: rules.Hash("t"), sandboxv1.LabelCreatedBy: "controller",
			},
			Annotations: map[string]string{
				"note": "y", sandboxv1.AnnotationPropagatedLabels: "app", sandboxv1.AnnotationPropagatedAnnotations: "note",
			},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "agents.x-k8s.io/v1beta1", Kind: "Sandbox", Name: "a", UID: "sandbox-a-uid", Controller: new(true), BlockOwnerDeletion: new(true),
			}},
		},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: builder.DefaultContainer, Image: "busybox"}}},
	}
	got := rules.NewPod(sandbox)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Pod (-want +got):\n%s", diff)
	}
	got.Spec.Containers[0].Image = "changed"
	if sandbox.Spec.PodTemplate.Spec.Containers[0].Image != "busybox" {
		t.Error("the Pod shares its spec with the Sandbox")
	}
}

// podOwners are the owner references that a Pod named "a" can have.
var podOwners = map[string][]metav1.OwnerReference{
	"none":                     nil,
	"its namesake":             {*rules.SandboxOwner(builder.MakeSandbox("a").Obj())},
	"an earlier namesake":      {*rules.SandboxOwner(builder.MakeSandbox("a").UID("earlier").Obj())},
	"a Sandbox of other name":  {*rules.SandboxOwner(builder.MakeSandbox("b").Obj())},
	"another of yet another":   {*rules.SandboxOwner(builder.MakeSandbox("z").Obj())},
	"foreign":                  controllers["foreign"],
	"a claim, which is no Pod": controllers["claim-a"],
}

func isSandboxOwner(owner string) bool {
	return owner != "none" && owner != "foreign" && owner != "a claim, which is no Pod"
}

// A Pod must keep the Sandbox that controls it, unless the garbage collector removes the reference. A Sandbox may come
// to control only Pods of its name (I1).
func TestCheckPodOwnerOfEveryChange(t *testing.T) {
	pod := func(owner string) *corev1.Pod { return builder.MakePod("a").OwnerReferences(podOwners[owner]...).Obj() }
	namesake := func(owner string) bool { return owner == "its namesake" || owner == "an earlier namesake" }
	const nameRefused = "FieldValueInvalid metadata.name"
	for to := range podOwners {
		for actor := range actors {
			t.Run(fmt.Sprintf("created under %s by %s", to, actor), func(t *testing.T) {
				errs := rules.CheckPodOwner(nil, pod(to), actors[actor])
				if !isSandboxOwner(to) || namesake(to) {
					wantRefusals(t, errs)
				} else {
					wantRefusals(t, errs, nameRefused)
				}
			})
			for from := range podOwners {
				t.Run(fmt.Sprintf("%s to %s by %s", from, to, actor), func(t *testing.T) {
					errs := rules.CheckPodOwner(pod(from), pod(to), actors[actor])
					switch {
					case from == to, isSandboxOwner(from) && to == "none" && actor == "collector":
						wantRefusals(t, errs)
					case isSandboxOwner(from):
						wantRefusals(t, errs, owners)
					case isSandboxOwner(to) && !namesake(to):
						wantRefusals(t, errs, nameRefused)
					default:
						wantRefusals(t, errs)
					}
				})
				if got, want := rules.NeedsSandbox(pod(from), pod(to)), isSandboxOwner(to) && from != to; got != want {
					t.Errorf("%s to %s: NeedsSandbox %t, want %t", from, to, got, want)
				}
			}
		}
		if got := rules.NeedsSandbox(nil, pod(to)); got != isSandboxOwner(to) {
			t.Errorf("created under %s: NeedsSandbox %t", to, got)
		}
	}
}

// The message is part of the interface and must not change.
func TestCheckPodOwnerSaysWhatToDo(t *testing.T) {
	pod := builder.MakePod("runner-2").ControlledBy(builder.MakeSandbox("runner").Obj()).Obj()
	errs := rules.CheckPodOwner(nil, pod, rules.User)
	if len(errs) != 1 {
		t.Fatalf("got %v", errs)
	}
	const want = `this Pod is controlled by Sandbox "runner", and a Sandbox's Pod bears its name: use "runner", or leave metadata.name out`
	if got := errs[0].Detail; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := errs[0].Error(), `metadata.name: Invalid value: "runner-2": `+want; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCheckPodSandbox(t *testing.T) {
	bare := builder.MakeSandbox("a")
	pooled := builder.MakeSandbox("a").Pool(builder.MakePool("p").Obj())
	claimed := builder.MakeSandbox("a").ClaimedBy(builder.MakeClaim("c").Obj())
	const ref = "FieldValueInvalid metadata.ownerReferences[1]"
	const uid = ref + ".uid"
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		user    []string
		others  []string
	}{
		"of a Sandbox of its own":        {sandbox: bare},
		"of a Sandbox of a claim":        {sandbox: claimed, user: []string{ref}},
		"of a Sandbox in a pool":         {sandbox: pooled, user: []string{ref}},
		"of a Sandbox that came later":   {sandbox: builder.MakeSandbox("a").UID("later"), user: []string{uid}, others: []string{uid}},
		"of a Sandbox that is not there": {user: []string{uid}, others: []string{uid}},
	} {
		t.Run(name, func(t *testing.T) {
			friend := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "friend", UID: "friend"}
			pod := builder.MakePod("a").OwnerReferences(friend, *rules.SandboxOwner(bare.Obj())).Obj()
			var sandbox *sandboxv1.Sandbox
			if tc.sandbox != nil {
				sandbox = tc.sandbox.Obj()
			}
			wantRefusals(t, rules.CheckPodSandbox(nil, pod, sandbox, rules.User), tc.user...)
			wantRefusals(t, rules.CheckPodSandbox(nil, pod, sandbox, rules.GarbageCollector), tc.user...)
			wantRefusals(t, rules.CheckPodSandbox(nil, pod, sandbox, rules.Controller), tc.others...)
			for _, actor := range actors { // Not even the controller gives a Sandbox of a pool or a claim a Pod that existed before.
				wantRefusals(t, rules.CheckPodSandbox(builder.MakePod("a").Obj(), pod, sandbox, actor), tc.user...)
			}
		})
	}
}

// A Sandbox that still has a Pod of another name gets no second one from anyone but the controller, which has found the
// other one gone.
func TestASandboxKeepsItsOldPod(t *testing.T) {
	const ref = "FieldValueInvalid metadata.ownerReferences[0]"
	for name, tc := range map[string]struct {
		podName string
		user    []string
	}{
		"it has an old Pod":                      {"pods-x7f2k", []string{ref}},
		"it has an old Pod whose name has dots":  {"pods.x7f2k", []string{ref}},
		"it has the Pod of its name":             {"a", nil},
		"it does not say":                        {"", nil},
		"it says what can be no Pod, and counts": {"no/pod", nil},
	} {
		t.Run(name, func(t *testing.T) {
			made := builder.MakeSandbox("a")
			if tc.podName != "" {
				made = made.PodName(tc.podName)
			}
			sandbox := made.Obj()
			pod := builder.MakePod("a").ControlledBy(sandbox).Obj()
			for _, old := range []*corev1.Pod{nil, builder.MakePod("a").Obj()} {
				wantRefusals(t, rules.CheckPodSandbox(old, pod, sandbox, rules.User), tc.user...)
				wantRefusals(t, rules.CheckPodSandbox(old, pod, sandbox, rules.Controller))
			}
		})
	}
	errs := rules.CheckPodSandbox(nil, builder.MakePod("a").ControlledBy(builder.MakeSandbox("a").Obj()).Obj(),
		builder.MakeSandbox("a").PodName("pods-x7f2k").Obj(), rules.User)
	const want = `Sandbox "a" has Pod "pods-x7f2k" until that is gone, and then makes its own: leave this Pod out`
	if len(errs) != 1 || errs[0].Detail != want {
		t.Errorf("got %v, want %s", errs, want)
	}
}

func TestCheckPodReserved(t *testing.T) {
	sandbox := builder.MakeSandbox("a").Obj()
	old := builder.MakePod("a").ControlledBy(sandbox)
	for name, tc := range map[string]struct {
		pod  *builder.PodWrapper
		want []string
	}{
		"its own labels":    {pod: builder.MakePod("a").ControlledBy(sandbox).Label("app", "x").Annotation("note", "y")},
		"that of a pool":    {pod: builder.MakePod("a").ControlledBy(sandbox).Label(sandboxv1.LabelWarmPool, "x"), want: []string{"FieldValueForbidden metadata.labels[agents.x-k8s.io/warm-pool-sandbox]"}},
		"another name hash": {pod: builder.MakePod("a").ControlledBy(sandbox).Label(sandboxv1.LabelSandboxNameHash, "x"), want: []string{"FieldValueForbidden metadata.labels[agents.x-k8s.io/sandbox-name-hash]"}},
		"no name hash":      {pod: builder.MakePod("a"), want: []string{"FieldValueForbidden metadata.labels[agents.x-k8s.io/sandbox-name-hash]", "FieldValueForbidden metadata.labels[agents.x-k8s.io/sandbox-uid]"}},
		"another UID":       {pod: builder.MakePod("a").ControlledBy(sandbox).Label(sandboxv1.LabelSandboxUID, "x"), want: []string{"FieldValueForbidden metadata.labels[agents.x-k8s.io/sandbox-uid]"}},
		"what came from the template": {
			pod:  builder.MakePod("a").ControlledBy(sandbox).Annotation(sandboxv1.AnnotationPropagatedLabels, "x").Annotation(sandboxv1.AnnotationPropagatedAnnotations, "y"),
			want: []string{"FieldValueForbidden metadata.annotations[agents.x-k8s.io/propagated-labels]", "FieldValueForbidden metadata.annotations[agents.x-k8s.io/propagated-annotations]"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusals(t, rules.CheckPodReserved(old.Obj(), tc.pod.Obj()), tc.want...)
		})
	}
}
