package builder

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// blueprint holds the methods that set what a Sandbox is made of, in a Sandbox or in a SandboxTemplate.
type blueprint[W any] struct {
	wrapper   W
	blueprint *sandboxv1.SandboxBlueprint
}

func makeBlueprint[W any](wrapper W, made *sandboxv1.SandboxBlueprint) blueprint[W] {
	made.PodTemplate.Spec = podSpec()
	return blueprint[W]{wrapper: wrapper, blueprint: made}
}

// Image sets the image of the first container.
func (b *blueprint[W]) Image(image string) W {
	b.blueprint.PodTemplate.Spec.Containers[0].Image = image
	return b.wrapper
}

// Containers replaces the containers.
func (b *blueprint[W]) Containers(containers ...corev1.Container) W {
	b.blueprint.PodTemplate.Spec.Containers = containers
	return b.wrapper
}

// PodSpec replaces the specification of the Pod.
func (b *blueprint[W]) PodSpec(spec corev1.PodSpec) W {
	b.blueprint.PodTemplate.Spec = spec
	return b.wrapper
}

// RestartPolicy sets when the containers of the Pod are restarted.
func (b *blueprint[W]) RestartPolicy(policy corev1.RestartPolicy) W {
	b.blueprint.PodTemplate.Spec.RestartPolicy = policy
	return b.wrapper
}

// PodLabel sets a label in the pod template.
func (b *blueprint[W]) PodLabel(key, value string) W {
	b.blueprint.PodTemplate.Metadata.Labels = withKey(b.blueprint.PodTemplate.Metadata.Labels, key, value)
	return b.wrapper
}

// PodAnnotation sets an annotation in the pod template.
func (b *blueprint[W]) PodAnnotation(key, value string) W {
	b.blueprint.PodTemplate.Metadata.Annotations = withKey(b.blueprint.PodTemplate.Metadata.Annotations, key, value)
	return b.wrapper
}

// Service sets whether the Sandbox has a Service.
func (b *blueprint[W]) Service(service bool) W {
	b.blueprint.Service = &service
	return b.wrapper
}

// VolumeClaimTemplate adds a volume claim template of 1Gi.
func (b *blueprint[W]) VolumeClaimTemplate(name string) W {
	b.blueprint.VolumeClaimTemplates = append(b.blueprint.VolumeClaimTemplates, volumeClaimTemplate(name))
	return b.wrapper
}

func volumeClaimTemplate(name string) sandboxv1.PersistentVolumeClaimTemplate {
	return sandboxv1.PersistentVolumeClaimTemplate{
		Metadata: sandboxv1.EmbeddedObjectMetadata{Name: name},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
			},
		},
	}
}
