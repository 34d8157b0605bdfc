package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestDroppedFields(t *testing.T) {
	spec := corev1.PodSpec{
		HostUsers: new(false),
		Resources: &corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}},
		Containers: []corev1.Container{
			{Name: "main", Image: "a", Resources: corev1.ResourceRequirements{Claims: []corev1.ResourceClaim{{Name: "device"}}}},
			{Name: "second", Image: "b", VolumeMounts: []corev1.VolumeMount{
				{Name: "data", MountPath: "/a"}, {Name: "data", MountPath: "/b", SubPath: "b"},
			}},
		},
		ResourceClaims: []corev1.PodResourceClaim{{Name: "device", ResourceClaimTemplateName: new("device")}},
		Tolerations:    []corev1.Toleration{{Key: "dedicated", Operator: corev1.TolerationOpExists}},
		Volumes: []corev1.Volume{
			{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
			{Name: "tools", VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "tools:1"}}},
		},
		SecurityContext: &corev1.PodSecurityContext{},
	}
	for name, tc := range map[string]struct {
		change func(*corev1.PodSpec)
		want   []string
	}{
		"nothing": {change: func(*corev1.PodSpec) {}},
		"a false": {func(s *corev1.PodSpec) { s.HostUsers = nil }, []string{"spec.hostUsers"}},
		"a struct, and a list": {func(s *corev1.PodSpec) { s.Resources, s.ResourceClaims = nil, nil }, []string{
			"spec.resourceClaims", "spec.resources",
		}},
		"deep down": {func(s *corev1.PodSpec) { s.Containers[0].Resources.Claims = nil }, []string{"spec.containers[0].resources.claims"}},
		"a source that becomes another": {func(s *corev1.PodSpec) {
			s.Volumes[1].VolumeSource = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
		}, []string{"spec.volumes[1].image"}},
		"what is empty":   {change: func(s *corev1.PodSpec) { s.SecurityContext, s.Volumes[0].EmptyDir = nil, nil }},
		"another value":   {change: func(s *corev1.PodSpec) { s.Containers[0].Image, s.HostUsers = "mirror/a", new(true) }},
		"what is added":   {change: func(s *corev1.PodSpec) { s.NodeName, s.Containers[1].Stdin = "a", true }},
		"a sidecar first": {change: func(s *corev1.PodSpec) { s.Containers = append([]corev1.Container{{Name: "proxy"}}, s.Containers...) }},
		"a sidecar first, and a field less": {func(s *corev1.PodSpec) {
			s.Containers = []corev1.Container{{Name: "proxy"}, s.Containers[0], s.Containers[1]}
			s.Containers[2].VolumeMounts[1].SubPath = ""
		}, []string{"spec.containers[1].volumeMounts[1].subPath"}},
		"a mount more": {change: func(s *corev1.PodSpec) {
			mounts := s.Containers[1].VolumeMounts
			s.Containers[1].VolumeMounts = append([]corev1.VolumeMount{{Name: "token", MountPath: "/token"}}, mounts...)
		}},
		"a toleration more": {change: func(s *corev1.PodSpec) { s.Tolerations = append(s.Tolerations, corev1.Toleration{Key: "not-ready"}) }},
	} {
		t.Run(name, func(t *testing.T) {
			sent := builder.MakePod("a").Obj()
			sent.Spec = *spec.DeepCopy()
			got := sent.DeepCopy()
			tc.change(&got.Spec)
			paths, err := DroppedFields(sent, got)
			if err != nil {
				t.Fatal(err)
			}
			var dropped []string
			for _, path := range paths {
				dropped = append(dropped, path.String())
			}
			if diff := cmp.Diff(tc.want, dropped); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// However many there are, some are told.
func TestManyDroppedFields(t *testing.T) {
	sent, got := builder.MakePod("a").Obj(), builder.MakePod("a").Obj()
	for range 2000 {
		sent.Spec.Containers[0].VolumeMounts = append(sent.Spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: "a", SubPath: "b"})
		got.Spec.Containers[0].VolumeMounts = append(got.Spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: "a"})
	}
	paths, err := DroppedFields(sent, got)
	if err != nil || len(paths) != MaxCauses {
		t.Errorf("%d fields, error %v", len(paths), err)
	}
}
