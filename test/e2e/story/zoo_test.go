package story

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// zoo is the template of testdata/zoo.yaml in a cluster that has what its Pods ask for.
type zoo struct {
	*scene.Scene

	template *extensionsv1.SandboxTemplate
}

// A pool, a claim, a suspended and resumed Sandbox and its end, with Pods that have all that a Pod can have. A scheduling gate holds
// each Pod until the editor, in a quota controller's place, removes it.
func TestTheZoo(t *testing.T) {
	z := openZoo(t)
	z.Create(t, z.template, builder.MakePool("zoo").Template("zoo").Replicas(2).Obj())
	z.awaitPool(t, extensionsv1.ReasonSandboxesGated)
	z.open(t, 2)
	z.AwaitFull(t, "zoo", 2)

	claim := builder.MakeClaim("visitor").Pool("zoo").Obj()
	got := ready(t, z.Scene, claim)
	if !got.warm {
		t.Error("the claim's Sandbox is not from the pool")
	}
	z.checkPod(t, got.sandbox)
	z.open(t, 1)
	z.AwaitFull(t, "zoo", 2)

	change(t, z.Scene, got.sandbox, func(spec *sandboxv1.SandboxSpec) { spec.OperatingMode = sandboxv1.OperatingModeSuspended })
	awaitSays(t, z.Scene, got.sandbox, "SandboxSuspended", "Sandbox is suspended")
	change(t, z.Scene, got.sandbox, func(spec *sandboxv1.SandboxSpec) { spec.OperatingMode = sandboxv1.OperatingModeRunning })
	z.open(t, 1)
	again := awaitReady(t, z.Scene, "visitor", got.podUID)
	if again.sandbox != got.sandbox {
		t.Errorf("resumed, the claim has Sandbox %q, and had %q", again.sandbox, got.sandbox)
	}
	z.checkPod(t, again.sandbox)

	base := claim.DeepCopy()
	claim.Spec.Lifecycle = &extensionsv1.Lifecycle{
		ShutdownTime: &metav1.Time{Time: time.Now().Add(time.Second)}, ShutdownPolicy: extensionsv1.ShutdownPolicyRetain,
	}
	if err := z.Editor.Patch(t.Context(), claim, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	awaitAnswer(t, z.Scene, "visitor", extensionsv1.ReasonClaimExpired)
	z.History.Await(t, scene.Soon, func(h *history.History) string {
		if h.Sandbox(got.sandbox) == nil && h.Pods[again.podUID].Gone {
			return ""
		}
		return "the claim has ended, and its Sandbox or its Pod is still there"
	})
}

// openZoo makes what the Pods ask for: volumes on each node, and devices where Kubernetes has these.
func openZoo(t *testing.T) *zoo {
	t.Helper()
	content, err := os.ReadFile("testdata/zoo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	z := &zoo{Scene: scene.Enter(t), template: &extensionsv1.SandboxTemplate{}}
	if err := yaml.UnmarshalStrict(content, z.template); err != nil {
		t.Fatal(err)
	}
	var nodes corev1.NodeList
	if err := z.Admin.List(t.Context(), &nodes); err != nil {
		t.Fatal(err)
	}
	provideDisks(t, z.Scene, "zoo", 8)
	z.leaveOut(t)
	if len(z.template.Spec.PodTemplate.Spec.ResourceClaims) == 0 {
		return z
	}
	provide(t, z.Scene, &resourcev1.DeviceClass{ObjectMeta: metav1.ObjectMeta{Name: "zoo.example.com"}})
	for _, node := range nodes.Items {
		provide(t, z.Scene, devices(node.Name))
	}
	z.Create(t, &resourcev1.ResourceClaimTemplate{
		ObjectMeta: metav1.ObjectMeta{Name: "device"},
		Spec: resourcev1.ResourceClaimTemplateSpec{Spec: resourcev1.ResourceClaimSpec{Devices: resourcev1.DeviceClaim{
			Requests: []resourcev1.DeviceRequest{{
				Name: "device", Exactly: &resourcev1.ExactDeviceRequest{DeviceClassName: "zoo.example.com"},
			}},
		}}},
	})
	return z
}

// late are the features of testdata/zoo.yaml that the oldest Kubernetes does not have, or not without a feature gate: the minor version
// that has each (https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/), and how a template does without.
var late = []struct {
	feature string
	since   int
	leave   func(spec *corev1.PodSpec)
}{
	{"UserNamespacesSupport", 33, func(spec *corev1.PodSpec) { spec.HostUsers = nil }},
	{"PodLevelResources", 34, func(spec *corev1.PodSpec) { spec.Resources = nil }},
	{"DynamicResourceAllocation", 34, func(spec *corev1.PodSpec) {
		spec.ResourceClaims, spec.Containers[0].Resources.Claims = nil, nil
	}},
	{"ImageVolume", 35, func(spec *corev1.PodSpec) {
		spec.Volumes = slices.DeleteFunc(spec.Volumes, func(v corev1.Volume) bool { return v.Image != nil })
		spec.Containers[0].VolumeMounts = slices.DeleteFunc(spec.Containers[0].VolumeMounts,
			func(m corev1.VolumeMount) bool { return m.Name == "tools" })
	}},
}

// leaveOut removes from the template what this Kubernetes does not have, and says so.
func (z *zoo) leaveOut(t *testing.T) {
	t.Helper()
	for _, l := range late {
		if !z.Has(t, l.feature, l.since) {
			l.leave(&z.template.Spec.PodTemplate.Spec)
		}
	}
}

// devices returns what a driver says of the two devices of a node.
func devices(node string) *resourcev1.ResourceSlice {
	return &resourcev1.ResourceSlice{
		ObjectMeta: metav1.ObjectMeta{Name: "zoo-" + node},
		Spec: resourcev1.ResourceSliceSpec{
			Driver: "zoo.example.com", NodeName: &node, Pool: resourcev1.ResourcePool{Name: node, Generation: 1, ResourceSliceCount: 1},
			Devices: []resourcev1.Device{{Name: "a"}, {Name: "b"}},
		},
	}
}

// open removes the gate from n Pods that have it, and waits until there are as many.
func (z *zoo) open(t *testing.T, n int) {
	t.Helper()
	opened := map[types.UID]bool{}
	poll(t, func() string {
		var pods corev1.PodList
		if err := z.Editor.List(t.Context(), &pods, client.InNamespace(z.Namespace)); err != nil {
			return err.Error()
		}
		for i := range pods.Items {
			pod := &pods.Items[i]
			if len(pod.Spec.SchedulingGates) == 0 || len(opened) == n {
				continue
			}
			base := pod.DeepCopy()
			pod.Spec.SchedulingGates = nil
			if err := z.Editor.Patch(t.Context(), pod, client.MergeFrom(base)); err != nil {
				return fmt.Sprintf("opening Pod %q: %v", pod.Name, err)
			}
			opened[pod.UID] = true
		}
		if len(opened) == n {
			return ""
		}
		return fmt.Sprintf("a gate holds %d Pods, and should hold %d", len(opened), n)
	})
}

// awaitPool waits until the pool gives that reason for its progress.
func (z *zoo) awaitPool(t *testing.T, reason string) {
	t.Helper()
	poll(t, func() string {
		pool := &extensionsv1.SandboxWarmPool{}
		if err := z.Editor.Get(t.Context(), client.ObjectKey{Namespace: z.Namespace, Name: "zoo"}, pool); err != nil {
			return err.Error()
		}
		progress := meta.FindStatusCondition(pool.Status.Conditions, extensionsv1.ConditionProgressing)
		if progress != nil && progress.Reason == reason {
			return ""
		}
		return fmt.Sprintf("the pool says %+v, want %s", progress, reason)
	})
}

// checkPod checks that the Pod of a Sandbox has all that the template says, and a device and a volume.
func (z *zoo) checkPod(t *testing.T, name string) {
	t.Helper()
	pod := &corev1.Pod{}
	if err := z.Editor.Get(t.Context(), client.ObjectKey{Namespace: z.Namespace, Name: name}, pod); err != nil {
		t.Fatal(err)
	}
	want := z.template.Spec.PodTemplate.Spec.DeepCopy()
	want.SchedulingGates = nil
	if missing := missingIn(fields(t, pod.Spec), fields(t, want), "spec"); missing != "" {
		t.Errorf("Pod %q lacks %s", name, missing)
	}
	if len(pod.Status.ResourceClaimStatuses) != len(want.ResourceClaims) {
		t.Errorf("Pod %q has the devices %v", name, pod.Status.ResourceClaimStatuses)
	}
	volume := &corev1.PersistentVolumeClaim{}
	key := client.ObjectKey{Namespace: z.Namespace, Name: name + "-scratch"}
	if err := z.Editor.Get(t.Context(), key, volume); err != nil || volume.Status.Phase != corev1.ClaimBound {
		t.Errorf("the volume of Pod %q is %q, error %v", name, volume.Status.Phase, err)
	}
}

// fields returns obj as JSON has it.
func fields(t *testing.T, obj any) any {
	t.Helper()
	content, err := json.Marshal(obj)
	if err != nil {
		t.Fatal(err)
	}
	var found any
	if err := json.Unmarshal(content, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// missingIn returns what of want is not in got, which may have more fields and longer lists, as defaults and plugins add. It returns
// "" if nothing is missing.
func missingIn(got, want any, path string) string {
	switch want := want.(type) {
	case map[string]any:
		have, _ := got.(map[string]any)
		for key := range want {
			if missing := missingIn(have[key], want[key], path+"."+key); missing != "" {
				return missing
			}
		}
		return ""
	case []any:
		have, _ := got.([]any)
		for i := range want {
			if i >= len(have) {
				return fmt.Sprintf("%s[%d]", path, i)
			}
			if missing := missingIn(have[i], want[i], fmt.Sprintf("%s[%d]", path, i)); missing != "" {
				return missing
			}
		}
		return ""
	}
	if !cmp.Equal(got, want) {
		return fmt.Sprintf("%s: %v, and has %v", path, want, got)
	}
	return ""
}
