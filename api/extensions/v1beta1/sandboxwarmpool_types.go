package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// UpdateStrategyType says what becomes of a pool's Sandboxes when the template changes.
// +kubebuilder:validation:Enum=Recreate;OnReplenish
type UpdateStrategyType string

const (
	// UpdateStrategyRecreate replaces Sandboxes that are out of date.
	UpdateStrategyRecreate UpdateStrategyType = "Recreate"
	// UpdateStrategyOnReplenish keeps them until they are claimed; only new ones follow the template.
	UpdateStrategyOnReplenish UpdateStrategyType = "OnReplenish"
)

// SandboxTemplateReference names a SandboxTemplate in the same namespace.
type SandboxTemplateReference struct {
	// name is the name of the SandboxTemplate.
	// +required
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="name a SandboxTemplate of this namespace: lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit"
	Name string `json:"name"`
}

// SandboxWarmPoolUpdateStrategy says how a pool follows its template.
type SandboxWarmPoolUpdateStrategy struct {
	// type is Recreate, which replaces Sandboxes that the template no longer describes, or OnReplenish, which keeps
	// them until they are claimed.
	// +optional
	// +kubebuilder:default=OnReplenish
	Type UpdateStrategyType `json:"type,omitempty"`
}

// SandboxWarmPoolSpec is the desired state of a pool.
type SandboxWarmPoolSpec struct {
	// replicas is the number of unclaimed Sandboxes that the pool keeps, at most 10000.
	// +optional
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:XValidation:rule="self <= 10000",message="a pool keeps at most 10000 Sandboxes: use more than one pool of the template"
	Replicas *int32 `json:"replicas,omitempty"`

	// sandboxTemplateRef names the template that the pool's Sandboxes come from.
	// +required
	SandboxTemplateRef SandboxTemplateReference `json:"sandboxTemplateRef"`

	// updateStrategy says what becomes of the pool's Sandboxes when the template changes. Without it they are kept
	// until they are claimed.
	// +optional
	UpdateStrategy *SandboxWarmPoolUpdateStrategy `json:"updateStrategy,omitempty"`

	// readinessGracePeriodSeconds is how long a Sandbox of the pool may be not Ready before it is replaced. Without it the
	// manager's --sandbox-warm-pool-readiness-grace-period holds. Changing it makes no Sandbox outdated.
	// +optional
	// +kubebuilder:validation:Minimum=30
	ReadinessGracePeriodSeconds *int32 `json:"readinessGracePeriodSeconds,omitempty"`
}

// SandboxWarmPoolStatus is the observed state of a pool.
type SandboxWarmPoolStatus struct {
	// replicas is the number of Sandboxes in the pool, ready or not. A claimed Sandbox is no longer in the pool.
	// +optional
	// +kubebuilder:default=0
	Replicas int32 `json:"replicas,omitempty"`

	// readyReplicas is the number of Sandboxes in the pool that are Ready.
	// +optional
	// +kubebuilder:default=0
	ReadyReplicas int32 `json:"readyReplicas,omitempty"`

	// selector is a label selector that matches the Sandboxes of the pool, and their Pods.
	// +optional
	Selector string `json:"selector,omitempty"`

	// observedGeneration is the generation of the pool of which this status speaks.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions describe the state of the pool.
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// A Sandbox in a pool is named after it: the API server takes up to 58 characters of the generateName <pool name>- and
// adds 5. Every pool name makes valid names that way, so there is no rule about it. Whether the names will also do for
// Services depends on the template, and is not for this object to say.

// SandboxWarmPool keeps Sandboxes of one template running, for claims to take.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas,selectorpath=.status.selector
// +kubebuilder:resource:scope=Namespaced,shortName=swp
// +kubebuilder:printcolumn:name="Ready",type=integer,JSONPath=`.status.readyReplicas`
// +kubebuilder:printcolumn:name="Desired",type=integer,JSONPath=`.spec.replicas`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type SandboxWarmPool struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. The names of the pool's Sandboxes begin with the name given here.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired state of the pool.
	// +required
	Spec SandboxWarmPoolSpec `json:"spec"`

	// status is the observed state of the pool.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "Pending", message: "Waiting for the controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status SandboxWarmPoolStatus `json:"status,omitzero"`
}

// SandboxWarmPoolList is a list of SandboxWarmPools.
//
// +kubebuilder:object:root=true
type SandboxWarmPoolList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	Items []SandboxWarmPool `json:"items"`
}
