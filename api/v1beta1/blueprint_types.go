package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
)

// The order of the fields of the types in this file is part of the API: the label
// sandbox-template-hash is computed over their JSON.

// SandboxBlueprint is what a Sandbox is made of. A SandboxTemplate holds the same fields.
type SandboxBlueprint struct {
	// podTemplate describes the Pod, which bears the name of its Sandbox. Labels and annotations follow a change
	// while the Pod runs; a change of the Pod's spec takes effect with the next Pod.
	// +required
	PodTemplate PodTemplate `json:"podTemplate"`

	// volumeClaimTemplates lists PersistentVolumeClaims that live as long as the Sandbox. Each is named
	// <template name>-<sandbox name> and is a volume of the Pod under the template's name.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:XValidation:rule="self.all(t, !has(t.metadata) || !has(t.metadata.name) || self.exists_one(u, has(u.metadata) && has(u.metadata.name) && u.metadata.name == t.metadata.name))",message="two volumeClaimTemplates have the same name: give each a name of its own"
	VolumeClaimTemplates []PersistentVolumeClaimTemplate `json:"volumeClaimTemplates,omitempty"`

	// service says whether the Sandbox has a headless Service of its own name. True creates and keeps it; false
	// deletes it; without a value an existing Service is kept and none is created.
	// +optional
	Service *bool `json:"service,omitempty"`
}

// PodTemplate describes the Pod of a Sandbox.
type PodTemplate struct {
	// spec is the specification of the Pod.
	// +required
	// +kubebuilder:validation:XValidation:rule="size(self.containers) > 0",message="a Pod needs a container: list at least one in containers",reason=FieldValueRequired,fieldPath=".containers"
	Spec corev1.PodSpec `json:"spec"`

	// metadata holds the labels and annotations that the Pod gets besides those that the controllers set.
	// +optional
	Metadata PodMetadata `json:"metadata,omitempty"`
}

// PodMetadata is the part of a Pod's metadata that a user may set.
type PodMetadata struct {
	// labels are copied to the Pod and follow a change while it runs. Keys under agents.x-k8s.io/ and
	// extensions.agents.x-k8s.io/ belong to the controllers and are not copied.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// annotations are copied to the Pod and follow a change while it runs. Keys under agents.x-k8s.io/ and
	// extensions.agents.x-k8s.io/ belong to the controllers and are not copied.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}

// PersistentVolumeClaimTemplate describes one PersistentVolumeClaim of a Sandbox.
// +kubebuilder:validation:XValidation:rule="has(self.metadata) && has(self.metadata.name) && size(self.metadata.name) > 0",message="a volumeClaimTemplate needs a name: set metadata.name",reason=FieldValueRequired,fieldPath=".metadata.name"
type PersistentVolumeClaimTemplate struct {
	// metadata names the template and holds the labels and annotations of the claim.
	// +optional
	Metadata EmbeddedObjectMetadata `json:"metadata,omitempty"`

	// spec is the specification of the PersistentVolumeClaim.
	// +required
	Spec corev1.PersistentVolumeClaimSpec `json:"spec"`
}

// EmbeddedObjectMetadata is the metadata of an object that is described inside another one.
type EmbeddedObjectMetadata struct {
	// name is the name of the template, and of the Pod's volume.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self == '' || (size(self) <= 63 && self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'))",message="it names a volume of the Pod: use lower-case letters, digits and '-', beginning and ending with a letter or digit, at most 63 in all"
	Name string `json:"name,omitempty"`

	// labels are set on the object when it is created.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// annotations are set on the object when it is created.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}
