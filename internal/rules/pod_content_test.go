package rules_test

import (
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Where the Sandbox is says whether its Pod is in a pool, and not what the Pod is labelled.
func TestIsPoolPod(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Obj()
	warm := builder.MakeSandbox("a").Pool(pool)
	claimed := builder.MakeSandbox("a").Pool(pool).ClaimedBy(builder.MakeClaim("c").Template("t").Obj()).Obj()
	pod := func() *builder.PodWrapper { return builder.MakePod("a").ControlledBy(warm.Obj()) }
	for name, tc := range map[string]struct {
		pod     *builder.PodWrapper
		sandbox *sandboxv1.Sandbox
		want    bool
	}{
		"in a pool":                            {pod(), warm.Obj(), true},
		"in a pool, without its label":         {pod().WithoutLabel(sandboxv1.LabelWarmPool), warm.Obj(), true},
		"in a pool, without any label":         {builder.MakePod("a").OwnerReferences(*rules.SandboxOwner(warm.Obj())), warm.Obj(), true},
		"adopted, and still labelled":          {pod(), claimed, false},
		"adopted":                              {builder.MakePod("a").ControlledBy(claimed), claimed, false},
		"of a bare Sandbox":                    {builder.MakePod("b").ControlledBy(builder.MakeSandbox("b").Obj()), builder.MakeSandbox("b").Obj(), false},
		"of a Sandbox that is gone":            {pod(), nil, true},
		"of one that is gone, and not in one":  {pod().WithoutLabel(sandboxv1.LabelWarmPool), nil, false},
		"of an earlier Sandbox of that name":   {pod(), builder.MakeSandbox("a").UID("later").Obj(), true},
		"of an earlier one, and without label": {pod().WithoutLabel(sandboxv1.LabelWarmPool), builder.MakeSandbox("a").UID("later").Pool(pool).Obj(), false},
	} {
		if got := rules.IsPoolPod(tc.pod.Obj(), tc.sandbox); got != tc.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// What the API server lets change of a Pod is its placement, its size, and a little of its content. Only the last is refused.
func TestCheckPodContent(t *testing.T) {
	before := corev1.PodSpec{
		SchedulingGates: []corev1.PodSchedulingGate{{Name: "a"}, {Name: "b"}},
		InitContainers:  []corev1.Container{{Name: "sidecar", Image: "proxy"}},
		Containers:      []corev1.Container{{Name: "main", Image: "python"}, {Name: "second", Image: "python"}},
		Tolerations:     []corev1.Toleration{{Key: "a"}},
	}
	size := corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2")}}
	for name, tc := range map[string]struct {
		change func(*corev1.PodSpec)
		want   []string
	}{
		"nothing":             {func(*corev1.PodSpec) {}, nil},
		"one gate removed":    {func(s *corev1.PodSpec) { s.SchedulingGates = s.SchedulingGates[1:] }, nil},
		"all gates removed":   {func(s *corev1.PodSpec) { s.SchedulingGates = nil }, nil},
		"a node selector":     {func(s *corev1.PodSpec) { s.NodeSelector = map[string]string{"zone": "a"} }, nil},
		"an affinity":         {func(s *corev1.PodSpec) { s.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{}} }, nil},
		"one more toleration": {func(s *corev1.PodSpec) { s.Tolerations = append(s.Tolerations, corev1.Toleration{Key: "b"}) }, nil},
		"gates removed and a selector at once": {func(s *corev1.PodSpec) {
			s.SchedulingGates, s.NodeSelector = nil, map[string]string{"zone": "a"}
		}, nil},
		"the size of a container":         {func(s *corev1.PodSpec) { s.Containers[1].Resources = size }, nil},
		"the size of an init container":   {func(s *corev1.PodSpec) { s.InitContainers[0].Resources = size }, nil},
		"the size of the Pod":             {func(s *corev1.PodSpec) { s.Resources = &size }, nil},
		"how a container is resized":      {func(s *corev1.PodSpec) { s.Containers[0].ResizePolicy = []corev1.ContainerResizePolicy{{}} }, nil},
		"an image":                        {func(s *corev1.PodSpec) { s.Containers[1].Image = "evil" }, []string{"FieldValueForbidden spec.containers"}},
		"the image of an init container":  {func(s *corev1.PodSpec) { s.InitContainers[0].Image = "evil" }, []string{"FieldValueForbidden spec.initContainers"}},
		"how long it may run":             {func(s *corev1.PodSpec) { s.ActiveDeadlineSeconds = new(int64(1)) }, []string{"FieldValueForbidden spec.activeDeadlineSeconds"}},
		"a field that is no longer there": {func(s *corev1.PodSpec) { s.InitContainers = nil }, []string{"FieldValueForbidden spec.initContainers"}},
		"a container for debugging": {func(s *corev1.PodSpec) {
			s.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debugger"}}}
		}, []string{"FieldValueForbidden spec.ephemeralContainers"}},
		"a size and an image at once": {func(s *corev1.PodSpec) {
			s.Containers[0].Resources, s.Containers[0].Image = size, "evil"
		}, []string{"FieldValueForbidden spec.containers"}},
		"a gate and an image at once": {func(s *corev1.PodSpec) {
			s.SchedulingGates, s.Containers[0].Image = nil, "evil"
		}, []string{"FieldValueForbidden spec.containers"}},
	} {
		t.Run(name, func(t *testing.T) {
			after := before.DeepCopy()
			tc.change(after)
			wantRefusals(t, rules.CheckPodContent(asJSON(t, &before), asJSON(t, after)), tc.want...)
		})
	}
	t.Run("a field that this program does not know", func(t *testing.T) {
		after := asJSON(t, &before)
		after["fromTheFuture"] = true
		wantRefusals(t, rules.CheckPodContent(asJSON(t, &before), after), "FieldValueForbidden spec.fromTheFuture")
		wantRefusals(t, rules.CheckPodContent(after, after))
	})
	t.Run("no spec at all", func(t *testing.T) {
		wantRefusals(t, rules.CheckPodContent(nil, map[string]any{"hostNetwork": true}), "FieldValueForbidden spec.hostNetwork")
	})
}

// asJSON returns spec as the API server sends it.
func asJSON(t *testing.T, spec *corev1.PodSpec) map[string]any {
	t.Helper()
	raw, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}
