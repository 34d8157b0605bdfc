// Package v1beta1 holds the kinds that hand out Sandboxes: SandboxTemplate, SandboxWarmPool and SandboxClaim.
// It holds types and constants only.
//
// +kubebuilder:object:generate=true
// +groupName=extensions.agents.x-k8s.io
package v1beta1
