package story

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gomodules.xyz/jsonpatch/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// samples is where the samples are.
const samples = "../../../config/samples"

// sample reads a file of config/samples.
func sample[T any](t *testing.T, file string) *T {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(samples, file)) // Tests run in the folder of their package.
	if err != nil {
		t.Fatal(err)
	}
	obj := new(T)
	if err := yaml.UnmarshalStrict(content, obj); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return obj
}

// A tenant has as many Sandboxes as the quota of the samples allows, all in a pool. Claims up to the quota get them, although the pool
// cannot be filled again, and says so. One more claim is refused. When claims end, the pool gets their Sandboxes' room.
func TestAQuota(t *testing.T) {
	s := scene.Enter(t)
	quota := sample[corev1.ResourceQuota](t, "quotas/tenant.yaml")
	hard := func(resource corev1.ResourceName) int { q := quota.Spec.Hard[resource]; return int(q.Value()) }
	sandboxes, claims := hard("count/sandboxes.agents.x-k8s.io"), hard("count/sandboxclaims.extensions.agents.x-k8s.io")
	quota.Namespace = s.Namespace
	if err := s.Admin.Create(t.Context(), quota); err != nil {
		t.Fatal(err)
	}
	await(t, s, "the quota is counted", quota, func() bool { return len(quota.Status.Used) == len(quota.Spec.Hard) })

	s.Pool(t, "python", sandboxes)
	burst := s.Claim(t, "python", claims, "claim")
	s.AwaitReady(t, burst)
	if warm, cold, _ := s.Count(burst); warm != claims {
		t.Errorf("%d claims are warm, %d cold, want all %d warm", warm, cold, claims)
	}
	err := s.Editor.Create(t.Context(), builder.MakeClaim("more").Namespace(s.Namespace).Pool("python").Obj())
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "exceeded quota: sandboxes") {
		t.Errorf("one more claim: %v", err)
	}
	pool := builder.MakePool("python").Namespace(s.Namespace).Obj()
	await(t, s, "the pool says that it is over the quota", pool, func() bool {
		progressing := meta.FindStatusCondition(pool.Status.Conditions, extensionsv1.ConditionProgressing)
		return progressing != nil && progressing.Reason == extensionsv1.ReasonSandboxRefused && strings.Contains(progressing.Message, "exceeded quota")
	})
	s.DeleteClaims(t)
	s.AwaitFull(t, "python", sandboxes)
}

// await reads obj until done.
func await(t *testing.T, s *scene.Scene, what string, obj client.Object, done func() bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, scene.Soon, true, func(ctx context.Context) (bool, error) {
		err := s.Admin.Get(ctx, client.ObjectKeyFromObject(obj), obj)
		return err == nil && done(), err
	})
	if err != nil {
		t.Fatalf("%s: %v: %v", what, err, obj)
	}
}

// A mesh's webhook adds to each Pod what it needs: a container that starts first and stays, a volume, labels and annotations, and
// another way to probe. A pool of such Pods fills and is left alone, and claims get its Sandboxes.
func TestAMesh(t *testing.T) {
	const replicas = 5
	for name, configuration := range map[string]string{"called before": "aa-mesh", "called after": "zz-mesh"} {
		t.Run(name, func(t *testing.T) {
			s := scene.Enter(t)
			scene.Change(t, s, configuration, builder.MakePod("probe").Obj(), join)
			s.Create(t, sample[extensionsv1.SandboxTemplate](t, "templates/mesh.yaml"), builder.MakePool("mesh").Template("mesh").Replicas(replicas).Obj())
			s.AwaitFull(t, "mesh", replicas)
			burst := s.Claim(t, "mesh", replicas, "claim")
			s.AwaitReady(t, burst)
			s.AwaitFull(t, "mesh", replicas)
			if warm, cold, _ := s.Count(burst); warm != replicas {
				t.Errorf("%d claims are warm, %d cold", warm, cold)
			}
			pods := &corev1.PodList{}
			if err := s.Admin.List(t.Context(), pods, client.InNamespace(s.Namespace)); err != nil {
				t.Fatal(err)
			}
			for _, pod := range pods.Items {
				joined := len(pod.Spec.InitContainers) == 1 && pod.Labels["security.istio.io/tlsMode"] == "istio" && pod.Annotations["sidecar.istio.io/status"] != ""
				if owner := rules.ControllerOf(&pod); !joined || !rules.IsSandbox(owner) || owner.Name != pod.Name {
					t.Errorf("Pod %s of %v has init containers %v, labels %v, annotations %v",
						pod.Name, owner, pod.Spec.InitContainers, pod.Labels, pod.Annotations)
				}
			}
			s.History.Look(func(h *history.History) {
				if created := h.Created("mesh"); created != 2*replicas || len(h.Pods) != 2*replicas {
					t.Errorf("the pool created %d Sandboxes, and there were %d Pods, want %d", created, len(h.Pods), 2*replicas)
				}
			})
		})
	}
}

// join returns what Istio's injection does to a Pod, in the main: istio.io/latest/docs/setup/additional-setup/sidecar-injection.
func join(pod *corev1.Pod) []jsonpatch.Operation {
	if pod.Labels["sidecar.istio.io/inject"] != "true" {
		return nil
	}
	always := corev1.ContainerRestartPolicyAlways
	proxy := corev1.Container{
		Name: "istio-proxy", Image: "example.com/proxyv2:1", RestartPolicy: &always,
		VolumeMounts: []corev1.VolumeMount{{Name: "istio-envoy", MountPath: "/etc/istio/proxy"}},
	}
	labels := map[string]string{"security.istio.io/tlsMode": "istio", "service.istio.io/canonical-name": "mesh"}
	return append(rules.SetKeys("/metadata/labels", pod.Labels, labels), append(
		rules.SetKeys("/metadata/annotations", pod.Annotations, map[string]string{"sidecar.istio.io/status": "{}"}),
		jsonpatch.NewOperation("add", "/spec/initContainers", []corev1.Container{proxy}),
		jsonpatch.NewOperation("add", "/spec/volumes", append(pod.Spec.Volumes, corev1.Volume{
			Name: "istio-envoy", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}},
		})),
		jsonpatch.NewOperation("replace", "/spec/containers/0/readinessProbe", corev1.Probe{ProbeHandler: corev1.ProbeHandler{
			HTTPGet: &corev1.HTTPGetAction{Path: "/app-health/runtime/readyz", Port: intstr.FromInt32(15020)},
		}}),
	)...)
}
