package rules_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Admission recognizes a Sandbox's Pod by the kind of its controller. A reference of another kind with the Sandbox's
// UID would bypass it, and must not count.
func TestControlledByGoesByKindToo(t *testing.T) {
	sandbox, claim, pool := builder.MakeSandbox("s").Obj(), builder.MakeClaim("c").Obj(), builder.MakePool("p").Obj()
	for name, owner := range map[string]metav1.Object{"Sandbox": sandbox, "claim": claim, "pool": pool} {
		forged := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{
			{APIVersion: "example.com/v1", Kind: "Anything", Name: owner.GetName(), UID: owner.GetUID(), Controller: new(true)},
		}}}
		if rules.ControlledBy(forged, owner) {
			t.Errorf("a reference of another kind with the UID of the %s counts", name)
		}
	}
}

func TestASandboxsPodHasNoOtherOwner(t *testing.T) {
	sandbox := builder.MakeSandbox("runner").Obj()
	alone := builder.MakePod("runner").ControlledBy(sandbox).Obj()
	shared := alone.DeepCopy()
	keep := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "keep", UID: "keep"}
	more := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "more", UID: "more"}
	shared.OwnerReferences = append(shared.OwnerReferences, keep)
	thrice := shared.DeepCopy()
	thrice.OwnerReferences = append(thrice.OwnerReferences, more)
	nobodys := builder.MakePod("runner").Obj()
	theirs := builder.MakePod("runner").OwnerReferences(keep, more).Obj()
	ones := builder.MakePod("runner").OwnerReferences(keep).Obj()
	earlier := builder.MakePod("runner").OwnerReferences(*rules.SandboxOwner(builder.MakeSandbox("runner").UID("earlier").Obj()), keep).Obj()
	for name, tc := range map[string]struct {
		old, pod *corev1.Pod
		refused  bool
	}{
		"created with a second owner":           {nil, shared, true},
		"given a second owner":                  {alone, shared, true},
		"that has one from before":              {shared, shared, false},
		"created with the Sandbox alone":        {nil, alone, false},
		"that loses the second owner once more": {shared, alone, false},
		"of nobody, given two owners at once":   {nobodys, shared, true},
		"of two others, given it and one more":  {theirs, shared, true},
		"of one other, given it as a second":    {ones, shared, true},
		"of nobody, given three owners at once": {nobodys, thrice, true},
		"of two owners, given a third":          {shared, thrice, true},
		"of three owners, that loses one":       {thrice, shared, false},
		"of an earlier Sandbox and another":     {earlier, shared, true},
		"of nobody, given to the Sandbox alone": {nobodys, alone, false},
	} {
		t.Run(name, func(t *testing.T) {
			if errs := rules.CheckPodOwner(tc.old, tc.pod, rules.User); (len(errs) > 0) != tc.refused {
				t.Errorf("got %v", errs)
			}
		})
	}
}

func TestCheckPodIdentity(t *testing.T) {
	sandbox := builder.MakeSandbox("runner").Obj()
	right := map[string]string{sandboxv1.LabelSandboxNameHash: rules.Hash("runner"), sandboxv1.LabelSandboxUID: "sandbox-runner-uid", "app": "x"}
	with := func(key, value string) map[string]string {
		labels := maps.Clone(right)
		labels[key] = value
		return labels
	}
	for name, tc := range map[string]struct {
		labels map[string]string
		fields []string
	}{
		"as it is stamped":   {right, nil},
		"of another's name":  {with(sandboxv1.LabelSandboxNameHash, "00000bad"), []string{sandboxv1.LabelSandboxNameHash}},
		"of another's UID":   {with(sandboxv1.LabelSandboxUID, "theirs"), []string{sandboxv1.LabelSandboxUID}},
		"of another's claim": {with(sandboxv1.LabelClaimUID, "theirs"), []string{sandboxv1.LabelClaimUID}},
	} {
		t.Run(name, func(t *testing.T) {
			var fields []string
			for _, err := range rules.CheckPodIdentity(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: tc.labels}}, sandbox) {
				fields = append(fields, strings.TrimSuffix(strings.TrimPrefix(err.Field, "metadata.labels["), "]"))
			}
			if diff := cmp.Diff(tc.fields, fields); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
		})
	}
}

// No Pod but a Sandbox's gets the labels by which anything selects Sandboxes' Pods. What has them already may keep them or lose
// them.
func TestCheckForeignPod(t *testing.T) {
	sandbox := builder.MakeSandbox("runner").Obj()
	keys := []string{
		sandboxv1.LabelSandboxNameHash, sandboxv1.LabelSandboxUID, sandboxv1.LabelWarmPool, sandboxv1.LabelTemplateRefHash, sandboxv1.LabelClaimUID,
	}
	for _, key := range keys {
		plain := func() *builder.PodWrapper { return builder.MakePod("x").Label("app", "x") }
		labelled := func() *builder.PodWrapper { return plain().Label(key, "v") }
		refused := "FieldValueForbidden metadata.labels[" + key + "]"
		for name, tc := range map[string]struct {
			old, pod *builder.PodWrapper
			want     []string
		}{
			"nobody's, created":             {nil, labelled(), []string{refused}},
			"a ReplicaSet's, created":       {nil, labelled().OwnerReferences(replicaSet), []string{refused}},
			"created with an empty one":     {nil, plain().Label(key, ""), []string{refused}},
			"labelled later":                {plain(), labelled(), []string{refused}},
			"given another value":           {labelled(), plain().Label(key, "w"), []string{refused}},
			"labelled before, and again":    {labelled(), labelled().Label("app", "y"), nil},
			"labelled before, and no more":  {labelled(), plain(), nil},
			"without labels":                {nil, plain(), nil},
			"orphaned":                      {labelled().OwnerReferences(*rules.SandboxOwner(sandbox)), labelled(), nil},
			"the Sandbox's, checked by UID": {nil, labelled().OwnerReferences(*rules.SandboxOwner(sandbox)), nil},
		} {
			t.Run(key+" "+name, func(t *testing.T) {
				var old *corev1.Pod
				if tc.old != nil {
					old = tc.old.Obj()
				}
				wantRefusals(t, rules.CheckForeignPod(old, tc.pod.Obj(), rules.User), tc.want...)
				wantRefusals(t, rules.CheckForeignPod(old, tc.pod.Obj(), rules.GarbageCollector), tc.want...)
				wantRefusals(t, rules.CheckForeignPod(old, tc.pod.Obj(), rules.Controller))
			})
		}
	}
	if errs := rules.CheckForeignPod(nil, builder.MakePod("x").Label(sandboxv1.LabelCreatedBy, "curl").Label(sandboxv1.LabelAdoptable, "true").Obj(), rules.User); len(errs) > 0 {
		t.Errorf("labels that nothing selects by: %v", errs)
	}
}

// A volumeClaimTemplate must become a volume of the Pod and replace a volume of the same name.
// A binding to a node brings no label or annotation that only the controller writes on a Pod.
func TestCheckPodBinding(t *testing.T) {
	for name, tc := range map[string]struct {
		labels, annotations map[string]string
		want                []string
	}{
		"a scheduler's": {labels: map[string]string{"topology.kubernetes.io/zone": "a"}, annotations: map[string]string{"note": "x"}},
		"with the labels of a Sandbox": {
			labels: map[string]string{sandboxv1.LabelSandboxUID: "1", sandboxv1.LabelCreatedBy: "me"},
			want: []string{
				"FieldValueForbidden metadata.labels[agents.x-k8s.io/sandbox-uid]", "FieldValueForbidden metadata.labels[agents.x-k8s.io/created-by]",
			},
		},
		"with what is noted of a Pod": {
			annotations: map[string]string{sandboxv1.AnnotationPropagatedLabels: "app"},
			want:        []string{"FieldValueForbidden metadata.annotations[agents.x-k8s.io/propagated-labels]"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			binding := &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: "pod", Labels: tc.labels, Annotations: tc.annotations}}
			wantRefusals(t, rules.CheckPodBinding(binding), tc.want...)
		})
	}
}

func TestNewPodHasItsVolumes(t *testing.T) {
	sandbox := builder.MakeSandbox("runner").VolumeClaimTemplate("data").Obj()
	sandbox.Spec.PodTemplate.Spec.Volumes = []corev1.Volume{{Name: "data"}, {Name: "tmp"}}
	claimed := map[string]string{}
	for _, volume := range rules.NewPod(sandbox).Spec.Volumes {
		claimed[volume.Name] = ""
		if volume.PersistentVolumeClaim != nil {
			claimed[volume.Name] = volume.PersistentVolumeClaim.ClaimName
		}
	}
	if diff := cmp.Diff(map[string]string{"tmp": "", "data": "data-runner"}, claimed); diff != "" {
		t.Errorf("volumes and their claims (-want +got):\n%s", diff)
	}
	if len(sandbox.Spec.PodTemplate.Spec.Volumes) != 2 {
		t.Error("the Sandbox changed")
	}
}

// A Sandbox that is being deleted must not be Ready, whatever its Pod is.
func TestASandboxThatIsBeingDeletedIsNotReady(t *testing.T) {
	sandbox := builder.MakeSandbox("runner").Deleting().Obj()
	pod := builder.MakePod("runner").ControlledBy(sandbox).Ready().IP("10.0.0.1").Obj()
	status := rules.SandboxStatus(sandbox, rules.Observed{Pods: []*corev1.Pod{pod}}, builder.Epoch)
	ready := meta.FindStatusCondition(status.Conditions, sandboxv1.ConditionReady)
	if ready.Status != metav1.ConditionFalse || ready.Message != "Sandbox is being deleted" {
		t.Errorf("got %+v", ready)
	}
}

// A claim whose name is not valid for its Service or volume must be told before it is bound to that name for good.
func TestColdNameThatCannotBe(t *testing.T) {
	service := builder.MakeTemplate("t").Service(true).Obj()
	volumes := builder.MakeTemplate("t").VolumeClaimTemplate("data").Obj()
	long := strings.Repeat("a", 60) + "." + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60) + "." + strings.Repeat("d", 69)
	if _, problem := rules.NewClaimSandbox(builder.MakeClaim("agent.two").Template("t").BoundTo("agent.two").Obj(), service, rules.DefaultLabelDomains); problem == nil {
		t.Error("a name with a dot, for a Service")
	}
	if _, problem := rules.NewClaimSandbox(builder.MakeClaim(long).Template("t").BoundTo(long).Obj(), volumes, rules.DefaultLabelDomains); problem == nil {
		t.Error("a name too long, for a volume")
	}
	if _, problem := rules.NewClaimSandbox(builder.MakeClaim("agent").Template("t").BoundTo("agent").Obj(), service, rules.DefaultLabelDomains); problem != nil {
		t.Errorf("a name that will do: %v", problem)
	}
}
