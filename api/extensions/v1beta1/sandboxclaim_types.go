package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ShutdownPolicy says what becomes of a claim whose time is up.
// +kubebuilder:validation:Enum=Delete;DeleteForeground;Retain
type ShutdownPolicy string

const (
	// ShutdownPolicyDelete deletes the claim, and with it its Sandbox.
	ShutdownPolicyDelete ShutdownPolicy = "Delete"
	// ShutdownPolicyDeleteForeground deletes the claim once its Sandbox is gone.
	ShutdownPolicyDeleteForeground ShutdownPolicy = "DeleteForeground"
	// ShutdownPolicyRetain deletes the Sandbox and keeps the claim.
	ShutdownPolicyRetain ShutdownPolicy = "Retain"
)

// SandboxWarmPoolReference names a SandboxWarmPool in the same namespace.
type SandboxWarmPoolReference struct {
	// name is the name of the SandboxWarmPool.
	// +required
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="name a SandboxWarmPool of this namespace: lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit"
	Name string `json:"name"`
}

// Lifecycle says when a claim ends, and how.
type Lifecycle struct {
	// shutdownTime is the moment at which the claim expires, as in 2026-01-31T12:00:00Z.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	ShutdownTime *metav1.Time `json:"shutdownTime,omitempty"`

	// ttlSecondsAfterFinished is how long after its Sandbox finished the claim expires. The earlier of this and
	// shutdownTime counts.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`

	// shutdownPolicy says what becomes of the expired claim: Delete deletes it and its Sandbox, DeleteForeground
	// keeps it until its Sandbox is gone, Retain deletes the Sandbox only.
	// +optional
	// +kubebuilder:default=Retain
	ShutdownPolicy ShutdownPolicy `json:"shutdownPolicy,omitempty"`
}

// EnvVar is a variable that a claim sets in a container.
type EnvVar struct {
	// name is the name of the variable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self != ''",message="a variable needs a name",reason=FieldValueRequired
	Name string `json:"name"`

	// value is the value of the variable.
	// +required
	Value string `json:"value"`

	// containerName names the container, or init container, that gets the variable. Without it the first container
	// does.
	// +optional
	ContainerName string `json:"containerName,omitempty"`
}

// SandboxClaimSpec says what Sandbox a claim asks for.
// +kubebuilder:validation:XValidation:rule="has(self.sandboxTemplateRef) != has(self.warmPoolRef)",message="set either sandboxTemplateRef or warmPoolRef",messageExpression="has(self.warmPoolRef) ? 'set either sandboxTemplateRef or warmPoolRef; found both' : 'set either sandboxTemplateRef (any pool of that template) or warmPoolRef (that pool only); found neither'"
// +kubebuilder:validation:XValidation:rule="has(self.sandboxTemplateRef) == has(oldSelf.sandboxTemplateRef) && (!has(self.sandboxTemplateRef) || self.sandboxTemplateRef.name == oldSelf.sandboxTemplateRef.name) && has(self.warmPoolRef) == has(oldSelf.warmPoolRef) && (!has(self.warmPoolRef) || self.warmPoolRef.name == oldSelf.warmPoolRef.name)",message="a claim's reference is immutable: create a new claim",messageExpression=`"a claim's reference is immutable: found " + (has(self.warmPoolRef) ? "warmPoolRef " + self.warmPoolRef.name : has(self.sandboxTemplateRef) ? "sandboxTemplateRef " + self.sandboxTemplateRef.name : "none") + ", keep " + (has(oldSelf.warmPoolRef) ? "warmPoolRef " + oldSelf.warmPoolRef.name : has(oldSelf.sandboxTemplateRef) ? "sandboxTemplateRef " + oldSelf.sandboxTemplateRef.name : "none") + " or create a new claim"`
type SandboxClaimSpec struct {
	// sandboxTemplateRef names a template: a Ready Sandbox of any of its pools is taken, or else one is created from it.
	// Set either this or warmPoolRef.
	// +optional
	SandboxTemplateRef *SandboxTemplateReference `json:"sandboxTemplateRef,omitempty"`

	// warmPoolRef names a pool: a Ready Sandbox of that pool is taken, or else one is created from its template.
	// Set either this or sandboxTemplateRef.
	// +optional
	WarmPoolRef *SandboxWarmPoolReference `json:"warmPoolRef,omitempty"`

	// lifecycle says when the claim expires. Without it the claim does not.
	// +optional
	Lifecycle *Lifecycle `json:"lifecycle,omitempty"`

	// additionalPodMetadata holds labels and annotations that the Pod gets besides those of the template. They may not
	// contradict the template, and must be of a domain that the administrator allows.
	// +optional
	AdditionalPodMetadata sandboxv1.PodMetadata `json:"additionalPodMetadata,omitzero"`

	// env lists variables for the containers, as far as the template's envVarsInjectionPolicy allows. A claim with env
	// gets a Sandbox of its own instead of one from a pool.
	// +optional
	// +listType=atomic
	Env []EnvVar `json:"env,omitempty"`

	// volumeClaimTemplates lists more PersistentVolumeClaims, as far as the template's volumeClaimTemplatesPolicy
	// allows. A claim that has any gets a Sandbox of its own instead of one from a pool.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:XValidation:rule="self.all(t, !has(t.metadata) || !has(t.metadata.name) || self.exists_one(u, has(u.metadata) && has(u.metadata.name) && u.metadata.name == t.metadata.name))",message="two volumeClaimTemplates have the same name: give each a name of its own"
	VolumeClaimTemplates []sandboxv1.PersistentVolumeClaimTemplate `json:"volumeClaimTemplates,omitempty"`
}

// ClaimedSandbox is what a claim says of its Sandbox.
type ClaimedSandbox struct {
	// name is the name of the Sandbox.
	// +optional
	Name string `json:"name,omitempty"`

	// podIPs are the IP addresses of the Sandbox's Pod.
	// +optional
	PodIPs []string `json:"podIPs,omitempty"`

	// uid is the UID of the Sandbox.
	// +optional
	UID types.UID `json:"uid,omitempty"`

	// podUID is the UID of the Sandbox's Pod. It changes when the Pod is replaced.
	// +optional
	PodUID types.UID `json:"podUID,omitempty"`
}

// SandboxClaimStatus is the observed state of a claim.
type SandboxClaimStatus struct {
	// observedGeneration is the generation of the claim of which this status speaks.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions describe the state of the claim: Ready and Finished, as those of its Sandbox once it has one.
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// sandbox is the Sandbox that belongs to the claim.
	// +optional
	Sandbox ClaimedSandbox `json:"sandbox,omitzero"`
}

// SandboxClaim asks for a Sandbox.
//
// +kubebuilder:validation:XValidation:rule="oldSelf.hasValue() || !has(self.spec.volumeClaimTemplates) || self.spec.volumeClaimTemplates.all(t, !has(t.metadata) || !has(t.metadata.name) || size(t.metadata.name) + 1 + size(self.metadata.name) <= 253)",optionalOldSelf=true,message="a PersistentVolumeClaim is named <template name>-<claim name>, at most 253 characters: use a shorter name",fieldPath=".spec.volumeClaimTemplates"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=sandboxclaim
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=='Ready')].status`
// +kubebuilder:printcolumn:name="Sandbox",type=string,JSONPath=`.status.sandbox.name`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=='Ready')].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type SandboxClaim struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. A Sandbox that is created for the claim bears the name given here.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says what Sandbox the claim asks for.
	// +required
	Spec SandboxClaimSpec `json:"spec"`

	// status is the observed state of the claim.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "Pending", message: "Waiting for the controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status SandboxClaimStatus `json:"status,omitzero"`
}

// SandboxClaimList is a list of SandboxClaims.
//
// +kubebuilder:object:root=true
type SandboxClaimList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	Items []SandboxClaim `json:"items"`
}
