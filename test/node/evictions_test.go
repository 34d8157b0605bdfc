package node

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// evicted is how long it may take until an evicted Pod is replaced: the kubelet measures what containers have written every ten
// seconds, and looks at that every ten seconds.
const evicted = 2 * time.Minute

// A Pod that is evicted, by an administrator who drains its node or by the kubelet since it has written too much, is replaced under
// its Sandbox: the next one has its name and its volumes. Sandbox and claim say so, and why.
func TestEvictions(t *testing.T) {
	n := open(t)
	n.ensure(t)
	n.provideVolumes(t, 2)
	template := scriptOf("evicted", `sleep infinity`).VolumeClaimTemplate("data").Obj()
	template.Spec.VolumeClaimTemplates[0].Spec.StorageClassName = new(class)
	container := &template.Spec.PodTemplate.Spec.Containers[0]
	container.VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	container.Resources.Limits = corev1.ResourceList{corev1.ResourceEphemeralStorage: resource.MustParse("1Mi")}
	first := n.serve(t, template)
	if first.Status.Replacements != nil {
		t.Errorf("nothing has happened, and it says %+v", first.Status.Replacements)
	}
	in(t, first.Name, "echo kept > /data/file; echo lost > /file")
	was := n.volumeOf(t, first.Name)

	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: first.Name}}
	pod := &corev1.Pod{ObjectMeta: eviction.ObjectMeta}
	if err := n.SubResource("eviction").Create(t.Context(), pod, eviction); err != nil {
		t.Fatal(err)
	}
	second := n.awaitReplaced(t, first, 1, "EvictionByEvictionAPI", "Eviction API: evicting")
	if files := in(t, first.Name, "cat /data/file; ls /"); !strings.HasPrefix(files, "kept\n") || strings.Contains(files, "\nfile\n") {
		t.Errorf("the next Pod has the files %q", files)
	}

	in(t, first.Name, "cat /bin/toolbox > /too-much")
	n.awaitReplaced(t, second, 2, "Evicted", "ephemeral local storage usage exceeds")
	if file := in(t, first.Name, "cat /data/file"); file != "kept" {
		t.Errorf("the volume of the third Pod has %q", file)
	}
	if is := n.volumeOf(t, first.Name); is != was {
		t.Errorf("the volume was %v, and is %v", was, is)
	}
	n.clear(t)
}

// awaitReplaced waits until the Sandbox that was like before has another Pod and is Ready, and its claim says the same. It returns
// the Sandbox.
func (n *node) awaitReplaced(t *testing.T, before *sandboxv1.Sandbox, count int32, reason, message string) *sandboxv1.Sandbox {
	t.Helper()
	began := time.Now()
	var after *sandboxv1.Sandbox
	n.eventually(t, evicted, "the Pod is replaced: "+reason, func(ctx context.Context) error {
		after = n.sandbox(t, before.Name)
		if after.Status.PodUID == "" || after.Status.PodUID == before.Status.PodUID {
			return fmt.Errorf("the status is %+v", after.Status)
		}
		return n.both(ctx, "evicted", before.Name, metav1.ConditionTrue, "")
	})
	t.Logf("the Pod was replaced within %.1f s: %+v", time.Since(began).Seconds(), after.Status.Replacements)
	record := after.Status.Replacements
	if record == nil || record.Count != count || record.LastReason != reason || !strings.Contains(record.LastMessage, message) ||
		record.LastPodUID != before.Status.PodUID || after.UID != before.UID {
		t.Errorf("the Sandbox %s says %+v", after.UID, record)
	}
	pod, err := n.podOf(t.Context(), before.Name)
	if err != nil {
		t.Fatal(err)
	}
	claim := kubectl(t, "get", "sandboxclaim", "evicted", "--output=jsonpath={.status.sandbox.name} {.status.sandbox.podUID}")
	if want := before.Name + " " + string(pod.UID); claim != want || pod.UID != after.Status.PodUID {
		t.Errorf("the claim has %q, want %q", claim, want)
	}
	return after
}

// class is that of the volumes that provideVolumes makes.
const class = "by-hand"

// provideVolumes makes volumes, since nobody provides them on this node, and removes them at the end.
func (n *node) provideVolumes(t *testing.T, count int) {
	t.Helper()
	for i := range count {
		name := fmt.Sprintf("volume-%d", i)
		n.create(t, &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PersistentVolumeSpec{
			StorageClassName: class, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Capacity: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{
				Path: "/run/" + name, Type: new(corev1.HostPathDirectoryOrCreate),
			}},
		}})
	}
	t.Cleanup(func() {
		for i := range count {
			volume := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("volume-%d", i)}}
			if err := n.Delete(context.WithoutCancel(t.Context()), volume); err != nil {
				t.Error(err)
			}
		}
	})
}

// volume is the claim for a volume, and the volume that it has.
type volume struct {
	claim types.UID
	name  string
}

func (n *node) volumeOf(t *testing.T, sandbox string) volume {
	t.Helper()
	claim := &corev1.PersistentVolumeClaim{}
	if err := n.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "data-" + sandbox}, claim); err != nil {
		t.Fatal(err)
	}
	return volume{claim: claim.UID, name: claim.Spec.VolumeName}
}
