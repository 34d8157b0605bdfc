// Package v1beta1 holds the Sandbox and the labels, annotations and condition reasons by which Sandboxes,
// their Pods and their claims know each other. It holds types and constants only.
//
// +kubebuilder:object:generate=true
// +groupName=agents.x-k8s.io
package v1beta1
