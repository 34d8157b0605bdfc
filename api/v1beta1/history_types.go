package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// PodReplacements says how often another Pod took the place of a Sandbox's Pod, and why it did last.
type PodReplacements struct {
	// count is how many Pods ended, or were taken away, and were replaced since the Sandbox was created. A Pod that somebody
	// deleted without giving a reason does not count.
	// +required
	// +kubebuilder:validation:Minimum=1
	Count int32 `json:"count"`

	// inARow is how many of them were at most ten minutes old. The next one waits the longer the more these are.
	// +optional
	// +kubebuilder:validation:Minimum=0
	InARow int32 `json:"inARow,omitempty"`

	// lastReason is why the last one ended, in a word of Kubernetes: Evicted, Terminated, Preempting, and so on.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	LastReason string `json:"lastReason,omitempty"`

	// lastMessage is why, in the words of whoever ended it.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastMessage string `json:"lastMessage,omitempty"`

	// lastPodUID is the UID of the last Pod that was replaced.
	// +optional
	LastPodUID types.UID `json:"lastPodUID,omitempty"`

	// lastTime is when its end was seen.
	// +required
	LastTime metav1.Time `json:"lastTime"`
}

// ContainerRestarts says how often containers of a Sandbox's Pod were restarted, and how the last of them had ended.
type ContainerRestarts struct {
	// count is how often the containers were restarted, together, since the Pod was created. That includes the time in which the
	// Sandbox was in a pool.
	// +required
	// +kubebuilder:validation:Minimum=1
	Count int32 `json:"count"`

	// lastContainer is the name of the container that was restarted last.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	LastContainer string `json:"lastContainer,omitempty"`

	// lastReason is why that container had ended, in a word of its runtime: OOMKilled, Error, Completed.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	LastReason string `json:"lastReason,omitempty"`

	// lastExitCode is the code with which it had ended.
	// +optional
	LastExitCode int32 `json:"lastExitCode,omitempty"`

	// lastFinishedAt is when it had ended. It is absent if its runtime does not know.
	// +optional
	LastFinishedAt *metav1.Time `json:"lastFinishedAt,omitempty"`
}
