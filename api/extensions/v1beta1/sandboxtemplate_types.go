package v1beta1

import (
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// NetworkPolicyManagement says who looks after the NetworkPolicy of a template.
// +kubebuilder:validation:Enum=Managed;Unmanaged
type NetworkPolicyManagement string

const (
	// NetworkPolicyManaged keeps a NetworkPolicy for the Pods of the template.
	NetworkPolicyManaged NetworkPolicyManagement = "Managed"
	// NetworkPolicyUnmanaged keeps none.
	NetworkPolicyUnmanaged NetworkPolicyManagement = "Unmanaged"
)

// EnvVarsInjectionPolicy says what a claim may do to the environment of the containers.
// +kubebuilder:validation:Enum=Allowed;Overrides;Disallowed
type EnvVarsInjectionPolicy string

const (
	// EnvVarsInjectionAllowed lets a claim add variables, and not replace any.
	EnvVarsInjectionAllowed EnvVarsInjectionPolicy = "Allowed"
	// EnvVarsInjectionOverrides lets a claim add and replace variables.
	EnvVarsInjectionOverrides EnvVarsInjectionPolicy = "Overrides"
	// EnvVarsInjectionDisallowed refuses a claim's variables.
	EnvVarsInjectionDisallowed EnvVarsInjectionPolicy = "Disallowed"
)

// VolumeClaimTemplatesPolicy says what a claim may do to the volumeClaimTemplates.
// +kubebuilder:validation:Enum=Disallowed;Allowed;Overrides
type VolumeClaimTemplatesPolicy string

const (
	// VolumeClaimTemplatesDisallowed refuses a claim's volumeClaimTemplates.
	VolumeClaimTemplatesDisallowed VolumeClaimTemplatesPolicy = "Disallowed"
	// VolumeClaimTemplatesAllowed lets a claim add volumeClaimTemplates, and not replace any.
	VolumeClaimTemplatesAllowed VolumeClaimTemplatesPolicy = "Allowed"
	// VolumeClaimTemplatesOverrides lets a claim add volumeClaimTemplates and replace those of the same name.
	VolumeClaimTemplatesOverrides VolumeClaimTemplatesPolicy = "Overrides"
)

// NetworkPolicySpec holds the rules of the template's NetworkPolicy. Which Pods it selects is not for the template
// to say: those that come from it.
type NetworkPolicySpec struct {
	// ingress lists what may reach the Pods. Without rules nothing may.
	// +optional
	Ingress []networkingv1.NetworkPolicyIngressRule `json:"ingress,omitempty"`

	// egress lists what the Pods may reach. Without rules they reach nothing.
	// +optional
	Egress []networkingv1.NetworkPolicyEgressRule `json:"egress,omitempty"`
}

// SandboxTemplateSpec describes the Sandboxes that come from a template.
type SandboxTemplateSpec struct {
	sandboxv1.SandboxBlueprint `json:",inline"`

	// networkPolicy holds the rules for the Pods of this template while networkPolicyManagement is Managed.
	// Without it the Pods are reached by the sandbox router only, and reach public addresses only.
	// +optional
	NetworkPolicy *NetworkPolicySpec `json:"networkPolicy,omitempty"`

	// networkPolicyManagement says who looks after the NetworkPolicy: Managed keeps one, named
	// <template name>-network-policy, for the Pods of this template; Unmanaged keeps none.
	// +optional
	// +kubebuilder:default=Managed
	NetworkPolicyManagement NetworkPolicyManagement `json:"networkPolicyManagement,omitempty"`

	// envVarsInjectionPolicy says what the env of a claim may do: with Allowed it adds variables, with Overrides it
	// replaces them too, with Disallowed a claim that has any gets no Sandbox.
	// +optional
	// +kubebuilder:default=Disallowed
	EnvVarsInjectionPolicy EnvVarsInjectionPolicy `json:"envVarsInjectionPolicy,omitempty"`

	// volumeClaimTemplatesPolicy says what the volumeClaimTemplates of a claim may do: with Allowed they are added,
	// with Overrides they replace those of the same name too, with Disallowed a claim that has any gets no Sandbox.
	// +optional
	// +kubebuilder:default=Disallowed
	VolumeClaimTemplatesPolicy VolumeClaimTemplatesPolicy `json:"volumeClaimTemplatesPolicy,omitempty"`
}

// SandboxTemplate describes Sandboxes that pools and claims create.
//
// +kubebuilder:validation:XValidation:rule="self.spec.?networkPolicyManagement.orValue('Managed') != 'Managed' || oldSelf.optMap(o, o.spec.?networkPolicyManagement.orValue('Managed') == 'Managed').orValue(false) || size(self.metadata.name) <= 238",optionalOldSelf=true,message="the NetworkPolicy is named <template name>-network-policy, at most 253 characters: use a template name of at most 238, or networkPolicyManagement: Unmanaged",fieldPath=".spec.networkPolicyManagement"
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Namespaced,shortName=sandboxtemplate
type SandboxTemplate struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec describes the Sandboxes that come from this template.
	// +required
	Spec SandboxTemplateSpec `json:"spec"`
}

// SandboxTemplateList is a list of SandboxTemplates.
//
// +kubebuilder:object:root=true
type SandboxTemplateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	Items []SandboxTemplate `json:"items"`
}
