package unreadable

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func sandboxes(shared *specs) *codec { return &codec{kind: kinds()[0], specs: shared} }

func marshal(tb testing.TB, object any) []byte {
	tb.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// member returns the n-th member of a pool, with a PodSpec and a volume as they are in use.
func member(n int, image string) *sandboxv1.Sandbox {
	return builder.MakeSandbox(fmt.Sprintf("python-%d", n)).Image(image).Obj()
}

// A Sandbox that is decoded with the PodSpec of another equals one that is decoded by itself.
func TestSharedSpecs(t *testing.T) {
	c := sandboxes(newSpecs())
	var decoded []*sandboxv1.Sandbox
	for n, image := range []string{"a", "a", "b"} {
		text := marshal(t, member(n, image))
		object, unreadable := c.decode(text)
		if unreadable != nil {
			t.Fatal(unreadable)
		}
		alone, _ := sandboxes(nil).decode(text)
		if diff := cmp.Diff(alone, object); diff != "" {
			t.Errorf("the Sandbox is another (-alone +shared):\n%s", diff)
		}
		decoded = append(decoded, object.(*sandboxv1.Sandbox))
	}
	first := &decoded[0].Spec.PodTemplate.Spec.Containers[0]
	if &decoded[1].Spec.PodTemplate.Spec.Containers[0] != first {
		t.Error("equal PodSpecs are two")
	}
	if &decoded[2].Spec.PodTemplate.Spec.Containers[0] == first {
		t.Error("unequal PodSpecs are one")
	}
}

// What specs remember is bounded, and what was used last stays.
func TestSpecsAreForgotten(t *testing.T) {
	s := newSpecs()
	c := sandboxes(s)
	one := marshal(t, member(0, "kept"))
	kept, _ := c.decode(one)
	for n := range 20 {
		if _, unreadable := c.decode(marshal(t, member(n, fmt.Sprint(n, strings.Repeat("a", maxSpecs/10))))); unreadable != nil {
			t.Fatal(unreadable)
		}
		again, _ := c.decode(one)
		was, is := kept.(*sandboxv1.Sandbox).Spec.PodTemplate.Spec, again.(*sandboxv1.Sandbox).Spec.PodTemplate.Spec
		if &was.Containers[0] != &is.Containers[0] {
			t.Fatal("a spec that is in use is forgotten")
		}
	}
	if s.bytes > maxSpecs || len(s.known) != s.order.Len() || len(s.known) > 10 {
		t.Errorf("there are %d bytes of %d specs, %d in order", s.bytes, len(s.known), s.order.Len())
	}
}

// A list has what is readable, the others are named, and the list's own metadata stays.
func TestDecodeList(t *testing.T) {
	text := `{"apiVersion":"agents.x-k8s.io/v1beta1","kind":"SandboxList","metadata":{"resourceVersion":"7","continue":"x"},"items":[` +
		string(marshal(t, member(1, "a"))) + `,{"kind":"Sandbox","metadata":{"name":"b","namespace":"n","resourceVersion":"5"},"spec":{"podTemplate":7}}]}`
	list, left, err := sandboxes(nil).decodeList([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := list.(*sandboxv1.SandboxList)
	if len(got.Items) != 1 || got.Items[0].Name != "python-1" || got.ResourceVersion != "7" || got.Continue != "x" {
		t.Errorf("the list is %v", got)
	}
	if len(left) != 1 || left[0].key() != (types.NamespacedName{Namespace: "n", Name: "b"}) || left[0].Object.ResourceVersion != "5" {
		t.Errorf("left out are %v", left)
	}
	if _, _, err := sandboxes(nil).decodeList([]byte("{")); err == nil {
		t.Error("a list that is cut off is read")
	}
}

// A list with eight Sandboxes of 400,000 tolerations each, 9 MB of JSON, is read in memory of that order. Decoded, they would
// take 400 MiB.
func TestLongListsAreNotDecoded(t *testing.T) {
	long := `{"metadata":{"name":"a"},"spec":{"podTemplate":{"spec":{"tolerations":[` + strings.Repeat("{},", 400_000) + `{}]}}}}`
	text := []byte(`{"items":[` + strings.Repeat(long+",", 8) + string(marshal(t, member(1, "a"))) + `]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	list, left, err := sandboxes(nil).decodeList(text)
	runtime.ReadMemStats(&after)
	if err != nil || len(left) != 8 || len(list.(*sandboxv1.SandboxList).Items) != 1 {
		t.Fatalf("%d are left out: %v", len(left), err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 4*uint64(len(text)) {
		t.Errorf("reading %d bytes takes %d bytes of memory", len(text), got)
	}
}

func unread(name, version string) *Error {
	e := &Error{Reason: "a reason"}
	e.Object.Kind, e.Object.Namespace, e.Object.Name, e.Object.ResourceVersion = sandboxv1.KindSandbox, "n", name, version
	return e
}

func TestRegister(t *testing.T) {
	key := types.NamespacedName{Namespace: "n", Name: "a"}
	for name, tc := range map[string]struct {
		then     func(*Register)
		count    int
		reported int
	}{
		"one":              {func(*Register) {}, 1, 1},
		"the same again":   {func(r *Register) { r.add(unread("a", "1")) }, 1, 1},
		"a later version":  {func(r *Register) { r.add(unread("a", "2")) }, 1, 2},
		"another":          {func(r *Register) { r.add(unread("b", "1")) }, 2, 2},
		"it is readable":   {func(r *Register) { r.remove(sandboxv1.KindSandbox, key) }, 0, 1},
		"listed, and gone": {func(r *Register) { r.begin(sandboxv1.KindSandbox, ""); r.end(sandboxv1.KindSandbox, "") }, 0, 1},
		"listed, and there": {func(r *Register) {
			r.begin(sandboxv1.KindSandbox, "")
			r.add(unread("a", "1"))
			r.end(sandboxv1.KindSandbox, "")
		}, 1, 1},
		"listed in its namespace, and gone": {func(r *Register) { r.begin(sandboxv1.KindSandbox, "n"); r.end(sandboxv1.KindSandbox, "n") }, 0, 1},
		"listed in its namespace, and there": {func(r *Register) {
			r.begin(sandboxv1.KindSandbox, "n")
			r.begin(sandboxv1.KindSandbox, "m")
			r.add(unread("a", "1"))
			r.end(sandboxv1.KindSandbox, "m")
			r.end(sandboxv1.KindSandbox, "n")
		}, 1, 1},
		"listed in another namespace": {func(r *Register) { r.begin(sandboxv1.KindSandbox, "m"); r.end(sandboxv1.KindSandbox, "m") }, 1, 1},
		"a list that did not end":     {func(r *Register) { r.begin(sandboxv1.KindSandbox, "") }, 1, 1},
		"a list of another kind":      {func(r *Register) { r.begin("SandboxClaim", ""); r.end("SandboxClaim", "") }, 1, 1},
		"the end of no list at all":   {func(r *Register) { r.end(sandboxv1.KindSandbox, "") }, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r, reported := NewRegister(logr.Discard()), 0
			r.Report = func(*Error) { reported++ }
			r.add(unread("a", "1"))
			tc.then(r)
			if got := r.Count()[sandboxv1.KindSandbox]; got != tc.count || reported != tc.reported {
				t.Errorf("%d are unreadable and %d reported, want %d and %d", got, reported, tc.count, tc.reported)
			}
			if got := r.Any(sandboxv1.KindSandbox, "n"); got != (tc.count > 0) {
				t.Errorf("any in the namespace: %t", got)
			}
		})
	}
	if (*Register)(nil).Any(sandboxv1.KindSandbox, "n") {
		t.Error("no register knows of one")
	}
}

func TestError(t *testing.T) {
	e := sandboxes(nil).unreadable([]byte(`{"metadata":{"name":"a","namespace":"n"}}`), errors.New(strings.Repeat("a", 1000)))
	if got := e.Error(); !strings.HasPrefix(got, `Sandbox "n/a" is stored but cannot be read: aaa`) || len(got) > 350 {
		t.Errorf("the error is %q", got)
	}
	if got := e.Status(); got.Code != 422 || got.Reason == metav1.StatusReasonInvalid || got.Message != e.Error() {
		t.Errorf("the status is %v", got)
	}
}

// poolMember returns the n-th member of a pool as the API server sends it: with a container as it is in use, the secure
// defaults, and a status.
func poolMember(n int) *sandboxv1.Sandbox {
	template := builder.MakeTemplate("python").Obj()
	container := &template.Spec.PodTemplate.Spec.Containers[0]
	for i := range 8 {
		container.Env = append(container.Env, corev1.EnvVar{Name: fmt.Sprintf("SETTING_%d", i), Value: "a value of the usual length"})
	}
	probe := &corev1.Probe{
		ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromInt32(8080), Scheme: corev1.URISchemeHTTP}},
		PeriodSeconds: 10, TimeoutSeconds: 1,
	}
	container.ReadinessProbe, container.LivenessProbe = probe, probe
	container.Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("250m"), corev1.ResourceMemory: resource.MustParse("512Mi")}
	container.Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi")}
	container.VolumeMounts = []corev1.VolumeMount{{Name: "scratch", MountPath: "/scratch"}, {Name: "config", MountPath: "/etc/config", ReadOnly: true}}
	container.SecurityContext = &corev1.SecurityContext{RunAsNonRoot: new(true), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}}
	template.Spec.PodTemplate.Spec.Volumes = []corev1.Volume{
		{Name: "scratch", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: resource.NewQuantity(1<<30, resource.BinarySI)}}},
		{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "config"}}}},
	}
	pool := builder.MakePool("python").Obj()
	sandbox := rules.NewPoolSandbox(pool, rules.NewTemplateSnapshot(template), fmt.Sprintf("%05d", n))
	sandbox.UID = builder.UID("sandbox", sandbox.Name)
	sandbox.Status = builder.MakeSandbox(sandbox.Name).Ready().Node("node-1").PodIPs("10.0.0.1").Obj().Status
	return sandbox
}

// BenchmarkMembers measures what a cached member of a pool takes: the heap that is in use, and the time to decode it.
func BenchmarkMembers(b *testing.B) {
	for name, shared := range map[string]*specs{"shared": newSpecs(), "alone": nil} {
		b.Run(name, func(b *testing.B) {
			c := sandboxes(shared)
			texts := make([][]byte, b.N)
			for n := range texts {
				texts[n] = marshal(b, poolMember(n))
			}
			kept := make([]any, b.N)
			before := inUse()
			b.ResetTimer()
			for n := range kept {
				kept[n], _ = c.decode(texts[n])
			}
			b.StopTimer()
			b.ReportMetric(float64(inUse()-before)/float64(b.N), "B-in-use/op")
			b.ReportMetric(float64(len(texts[0])), "B-json/op")
			runtime.KeepAlive(kept)
			runtime.KeepAlive(texts)
		})
	}
}

func inUse() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
