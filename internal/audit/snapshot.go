package audit

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// Snapshot is what is known of one namespace. Of a Pod, its metadata and its phase count; a phase that is not known is empty. Run changes
// no object in it, so the objects may be a cache's own.
type Snapshot struct {
	Sandboxes []*sandboxv1.Sandbox
	Pods      []*corev1.Pod
	Claims    []*extensionsv1.SandboxClaim
	Pools     []*extensionsv1.SandboxWarmPool
	Templates []*extensionsv1.SandboxTemplate
	Policies  []*networkingv1.NetworkPolicy
	// Unread are the kinds that could not be read. No check that needs one of them is made.
	Unread sets.Set[string]
}

// add adds obj if it is of a kind that a Snapshot has.
func (s *Snapshot) add(obj metav1.Object) {
	switch obj := obj.(type) {
	case *sandboxv1.Sandbox:
		s.Sandboxes = append(s.Sandboxes, obj)
	case *corev1.Pod:
		s.Pods = append(s.Pods, obj)
	case *extensionsv1.SandboxClaim:
		s.Claims = append(s.Claims, obj)
	case *extensionsv1.SandboxWarmPool:
		s.Pools = append(s.Pools, obj)
	case *extensionsv1.SandboxTemplate:
		s.Templates = append(s.Templates, obj)
	case *networkingv1.NetworkPolicy:
		s.Policies = append(s.Policies, obj)
	}
}

// Counts returns how many objects of each kind it has.
func (s *Snapshot) Counts() map[string]int {
	return map[string]int{
		sandboxv1.KindSandbox: len(s.Sandboxes), KindPod: len(s.Pods), extensionsv1.KindSandboxClaim: len(s.Claims),
		extensionsv1.KindSandboxWarmPool: len(s.Pools), extensionsv1.KindSandboxTemplate: len(s.Templates), KindNetworkPolicy: len(s.Policies),
	}
}

// Namespaces are snapshots by the name of their namespace.
type Namespaces map[string]*Snapshot

// Add adds obj to the snapshot of its namespace.
func (n Namespaces) Add(obj metav1.Object) {
	snapshot := n[obj.GetNamespace()]
	if snapshot == nil {
		snapshot = &Snapshot{}
		n[obj.GetNamespace()] = snapshot
	}
	snapshot.add(obj)
}

// view is a Snapshot with its indexes, each of which is filled in one pass.
type view struct {
	*Snapshot

	sandboxes     map[types.UID]*sandboxv1.Sandbox
	sandboxNamed  map[string]*sandboxv1.Sandbox
	sandboxHashed map[string]*sandboxv1.Sandbox // by the hash of its name
	// podsOf and heldBy have what is not being deleted: the Pods that a Sandbox controls, and the Sandboxes that a claim owns.
	podsOf map[types.UID][]*corev1.Pod
	heldBy map[types.UID][]*sandboxv1.Sandbox

	claims      map[types.UID]*extensionsv1.SandboxClaim
	recording   map[string][]*extensionsv1.SandboxClaim // by the Sandbox in their status; those that are not being deleted
	pools       map[types.UID]*extensionsv1.SandboxWarmPool
	templates   map[string][]extensionsv1.SandboxTemplate // by the hash of their name
	policyNamed map[string]*policy

	findings map[Key]*Finding
}

func newView(s *Snapshot) *view {
	v := &view{
		Snapshot: s, sandboxes: map[types.UID]*sandboxv1.Sandbox{}, sandboxNamed: map[string]*sandboxv1.Sandbox{},
		sandboxHashed: map[string]*sandboxv1.Sandbox{}, podsOf: map[types.UID][]*corev1.Pod{}, heldBy: map[types.UID][]*sandboxv1.Sandbox{},
		claims: map[types.UID]*extensionsv1.SandboxClaim{}, recording: map[string][]*extensionsv1.SandboxClaim{},
		pools: map[types.UID]*extensionsv1.SandboxWarmPool{}, templates: map[string][]extensionsv1.SandboxTemplate{},
		policyNamed: map[string]*policy{}, findings: map[Key]*Finding{},
	}
	v.indexSandboxes()
	for _, pod := range s.Pods {
		if owner := rules.ControllerOf(pod); rules.IsSandbox(owner) && exists(pod) {
			v.podsOf[owner.UID] = append(v.podsOf[owner.UID], pod)
		}
	}
	for _, claim := range s.Claims {
		v.claims[claim.UID] = claim
		if name := claim.Status.Sandbox.Name; name != "" && exists(claim) {
			v.recording[name] = append(v.recording[name], claim)
		}
	}
	for _, pool := range s.Pools {
		v.pools[pool.UID] = pool
	}
	for _, template := range s.Templates {
		hash := rules.Hash(template.Name)
		v.templates[hash] = append(v.templates[hash], *template)
	}
	for _, found := range s.Policies {
		v.policyNamed[found.Name] = newPolicy(found)
	}
	return v
}

func (v *view) indexSandboxes() {
	for _, sandbox := range v.Sandboxes {
		v.sandboxes[sandbox.UID], v.sandboxNamed[sandbox.Name] = sandbox, sandbox
		if !exists(sandbox) {
			continue
		}
		v.sandboxHashed[rules.Hash(sandbox.Name)] = sandbox
		for _, holder := range holders(sandbox) {
			if rules.IsClaim(holder) {
				v.heldBy[holder.UID] = append(v.heldBy[holder.UID], sandbox)
			}
		}
	}
}

// exists reports whether obj is there and is not being deleted. What is being deleted may contradict what comes after it.
func exists(obj metav1.Object) bool { return obj.GetDeletionTimestamp() == nil }

// holders returns the pools and claims among the owners of sandbox, each UID once.
func holders(sandbox *sandboxv1.Sandbox) []*metav1.OwnerReference {
	var found []*metav1.OwnerReference
	seen := map[types.UID]bool{}
	for i := range sandbox.OwnerReferences {
		ref := &sandbox.OwnerReferences[i]
		if (rules.IsPool(ref) || rules.IsClaim(ref)) && !seen[ref.UID] {
			seen[ref.UID] = true
			found = append(found, ref)
		}
	}
	return found
}

// report records what check found about obj.
func (v *view) report(check string, obj metav1.Object, involved []Object, message, remedy string) {
	v.reportObject(check, ObjectOf(obj), involved, message, remedy)
}

func (v *view) reportObject(check string, object Object, involved []Object, message, remedy string) {
	finding := &Finding{Check: check, Object: object, Involved: involved, Message: message, Remedy: remedy}
	if before := v.findings[finding.Key()]; before != nil {
		before.add(finding)
		return
	}
	v.findings[finding.Key()] = finding
}

// referred returns what ref names in a namespace, as an Object.
func referred(namespace string, ref *metav1.OwnerReference) Object {
	return Object{Kind: ref.Kind, Namespace: namespace, Name: ref.Name, UID: ref.UID}
}
