package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// OperatingMode says whether a Sandbox should have a Pod.
// +kubebuilder:validation:Enum=Running;Suspended
type OperatingMode string

const (
	// OperatingModeRunning asks for a Pod.
	OperatingModeRunning OperatingMode = "Running"
	// OperatingModeSuspended asks for no Pod; the Service and the PersistentVolumeClaims stay.
	OperatingModeSuspended OperatingMode = "Suspended"
)

// ShutdownPolicy says what becomes of a Sandbox whose time is up.
// +kubebuilder:validation:Enum=Delete;Retain
type ShutdownPolicy string

const (
	// ShutdownPolicyDelete deletes the Sandbox and all that it owns.
	ShutdownPolicyDelete ShutdownPolicy = "Delete"
	// ShutdownPolicyRetain deletes the Pod and the Service and keeps the Sandbox and its PersistentVolumeClaims.
	ShutdownPolicyRetain ShutdownPolicy = "Retain"
)

// Lifecycle says when a Sandbox ends, and how.
type Lifecycle struct {
	// shutdownTime is the moment at which the Sandbox expires, as in 2026-01-31T12:00:00Z. Without it the Sandbox does not expire.
	// Moving it into the future revives an expired Sandbox that was retained.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	ShutdownTime *metav1.Time `json:"shutdownTime,omitempty"`

	// shutdownPolicy says what becomes of the expired Sandbox: Delete deletes it and all that it owns, Retain
	// deletes its Pod and Service only.
	// +optional
	// +kubebuilder:default=Retain
	ShutdownPolicy ShutdownPolicy `json:"shutdownPolicy,omitempty"`
}

// SandboxSpec is the desired state of a Sandbox.
// +kubebuilder:validation:XValidation:rule="has(self.volumeClaimTemplates) == has(oldSelf.volumeClaimTemplates) && (!has(self.volumeClaimTemplates) || self.volumeClaimTemplates == oldSelf.volumeClaimTemplates)",message="volumeClaimTemplates is immutable",fieldPath=".volumeClaimTemplates"
type SandboxSpec struct {
	SandboxBlueprint `json:",inline"`

	Lifecycle `json:",inline"`

	// operatingMode says whether the Sandbox should have a Pod. Suspended deletes the Pod and keeps the Service
	// and the PersistentVolumeClaims; Running creates the Pod anew, under the same name.
	// +optional
	// +kubebuilder:default=Running
	OperatingMode OperatingMode `json:"operatingMode,omitempty"`
}

// SandboxStatus is the observed state of a Sandbox.
type SandboxStatus struct {
	// observedGeneration is the generation of the Sandbox of which this status speaks.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// serviceFQDN is the fully qualified name of the Service, or empty when there is none.
	// +optional
	ServiceFQDN string `json:"serviceFQDN,omitempty"`

	// service is the name of the Service, or empty when there is none.
	// +optional
	Service string `json:"service,omitempty"`

	// conditions describe the state of the Sandbox: Ready, Suspended, Finished and PodScheduled.
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// selector is a label selector that matches the Pod of the Sandbox.
	// +optional
	Selector string `json:"selector,omitempty"`

	// podIPs are the IP addresses of the Pod.
	// +optional
	PodIPs []string `json:"podIPs,omitempty"`

	// nodeName is the name of the node on which the Pod runs.
	// +optional
	NodeName string `json:"nodeName,omitempty"`

	// podUID is the UID of the Pod of which this status speaks. A Pod that takes the place of another has the same
	// name and another UID: when this changes, the state inside the Pod is new.
	// +optional
	PodUID types.UID `json:"podUID,omitempty"`

	// replacements says how often the Pod ended, or was taken away, and another of its name took its place. It is absent until then.
	// +optional
	Replacements *PodReplacements `json:"replacements,omitempty"`

	// restarts says how often containers of the Pod were restarted, and how the last one had ended: what was in its memory is gone.
	// It is absent until that has happened, and while the Sandbox is in a pool. It begins anew with each Pod.
	// +optional
	Restarts *ContainerRestarts `json:"restarts,omitempty"`
}

// The rules about names look only at what a write adds, so that a stored object that breaks them can still be changed,
// and its status written. A Service may be named as any DNS label since Kubernetes 1.36; before, it could not begin with
// a digit, which a rule cannot know.

// Sandbox is one long-lived Pod with a stable name, and the storage and the network name that belong to it.
//
// +kubebuilder:validation:XValidation:rule="oldSelf.hasValue() || !has(self.spec.volumeClaimTemplates) || self.spec.volumeClaimTemplates.all(t, !has(t.metadata) || !has(t.metadata.name) || size(t.metadata.name) + 1 + size(self.metadata.name) <= 253)",optionalOldSelf=true,message="a PersistentVolumeClaim is named <template name>-<sandbox name>, at most 253 characters: use a shorter name",fieldPath=".spec.volumeClaimTemplates"
// +kubebuilder:validation:XValidation:rule="!self.spec.?service.orValue(false) || oldSelf.optMap(o, o.spec.?service.orValue(false)).orValue(false) || size(self.metadata.name) <= 63 && !self.metadata.name.contains('.')",optionalOldSelf=true,message="the Service bears the name of the Sandbox, which must then have at most 63 characters and no '.': use such a name, or leave service out",fieldPath=".spec.service"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=sandbox
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=='Ready')].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=='Ready')].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Sandbox struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. The Pod bears the name that is given here.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired state of the Sandbox.
	// +required
	Spec SandboxSpec `json:"spec"`

	// status is the observed state of the Sandbox.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "Pending", message: "Waiting for the controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status SandboxStatus `json:"status,omitzero"`
}

// SandboxList is a list of Sandboxes.
//
// +kubebuilder:object:root=true
type SandboxList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	Items []Sandbox `json:"items"`
}
