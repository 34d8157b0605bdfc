// Package diagnosis says what keeps a claim, a Sandbox, a pool, a template or a Pod from what it should be: the one cause that is nearest
// to the root, and the command that ends it. Diagnose is a pure function of a Snapshot.
package diagnosis

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
)

// Ref names an object. Kind is such as SandboxClaim.
type Ref struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// String returns the object as messages name it.
func (r Ref) String() string { return r.Kind + " " + r.Name }

// Snapshot is what was read of an object and of all that it depends on. What is nil does not exist, is not needed, or could not be read:
// then Unseen has its kind.
type Snapshot struct {
	Now    time.Time
	Target Ref
	// InNamespace is the name of the namespace; Namespace is nil if it could not be read.
	InNamespace string
	Namespace   *corev1.Namespace

	Claim    *extensionsv1.SandboxClaim
	Pool     *extensionsv1.SandboxWarmPool
	Template *extensionsv1.SandboxTemplate
	// PoolName and TemplateName are those that the target refers to, whether they exist or not.
	PoolName, TemplateName string
	// Sandbox is the target's. Of a pool or a template, it is the member that has waited longest without being Ready.
	Sandbox *sandboxv1.Sandbox
	// Members are the Sandboxes in the pool.
	Members []sandboxv1.Sandbox
	// Holder is the claim that controls the Sandbox, if that is not Claim.
	Holder string
	Pod    *corev1.Pod
	// Nodes are the Pod's node, or those that it could have if it has none, or those of the pool's members.
	Nodes          []corev1.Node
	Quotas         []corev1.ResourceQuota
	Volumes        []corev1.PersistentVolumeClaim
	StorageClasses []storagev1.StorageClass
	// Events are of the objects above, the newest last.
	Events       []corev1.Event
	Installation []installation.Finding
	Unseen       []installation.Unseen
}

// sees reports whether a kind could be read.
func (s *Snapshot) sees(kind string) bool {
	return !slices.ContainsFunc(s.Unseen, func(u installation.Unseen) bool { return u.What == kind })
}

// State is how an object of the walk is.
type State string

// The states of a step.
const (
	StateOK      State = "ok"
	StateWaits   State = "waits"
	StateBlocked State = "blocked"
	StateMissing State = "missing"
	StateUnknown State = "unknown"
)

// Step is an object on the way from what was asked for to the node.
type Step struct {
	Ref
	State State  `json:"state"`
	Says  string `json:"says,omitempty"`
}

// Cause is what is in the way.
type Cause struct {
	// ID is a word for the cause, for programs.
	ID string `json:"id"`
	// Object is what the cause is about.
	Object Ref `json:"object"`
	// Says is one sentence. Words are those of whoever reported it, if there are any.
	Says  string `json:"says"`
	Words string `json:"words,omitempty"`
	// Command ends the cause, or shows more of it. Advice says in words what is to be done, or who is to be asked.
	Command string `json:"command,omitempty"`
	Advice  string `json:"advice,omitempty"`
	// Passing says that it goes away by itself, and nobody has to do anything.
	Passing bool `json:"passing,omitempty"`
}

// Diagnosis is the answer to "why".
type Diagnosis struct {
	Target    Ref    `json:"target"`
	Namespace string `json:"namespace"`
	Walk      []Step `json:"walk"`
	// Cause is nil if nothing is in the way.
	Cause *Cause `json:"cause,omitempty"`
	// Notes are what does not keep the target from being well, but may keep others.
	Notes  []string              `json:"notes,omitempty"`
	Unseen []installation.Unseen `json:"unseen,omitempty"`
}

// Diagnose returns what is in the way of the snapshot's target.
func Diagnose(s *Snapshot) Diagnosis {
	d := Diagnosis{Target: s.Target, Namespace: s.InNamespace, Walk: walk(s), Unseen: s.Unseen}
	d.Cause = firstCause(s)
	if blocking := installation.Blocking(s.Installation); blocking != nil && (d.Cause == nil || d.Cause.ID != blocking.Part) {
		d.Notes = append(d.Notes, consequence(blocking)+blocking.Says)
	}
	if s.Target.Kind == kindPod && s.Sandbox == nil && s.sees(kindSandbox) {
		d.Notes = append(d.Notes, s.Target.String()+" is no Sandbox's: its node and its containers were looked at, and nothing else")
	}
	return d
}

// consequence says what a failure of the installation keeps from happening.
func consequence(finding *installation.Finding) string {
	if finding.Stops == installation.StopsWrites {
		return "new claims, Sandboxes, pools and templates are refused: "
	}
	return "what is there stays, and nothing is replaced: "
}
