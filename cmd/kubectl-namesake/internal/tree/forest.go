package tree

import (
	"cmp"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// forest is all objects of a snapshot, each under the one that it belongs to:
//
//	pool      the Sandboxes that it controls, and the claims that name it
//	claim     the Sandbox that it controls
//	Sandbox   the Pod that it controls
//
// Templates are no owners. A template stands above its pools, and the claims that name it, only when it is asked for.
type forest struct {
	templates, roots []*Node
	// byRef holds every node under its kind, namespace and name.
	byRef map[ref]*Node
	// templateOf says which template a pool or a claim names.
	templateOf map[*Node]string
}

type ref struct {
	kind            *objects.Kind
	namespace, name string
}

// grow puts the objects of s in their places.
func grow(s *objects.Snapshot) *forest {
	f := &forest{byRef: map[ref]*Node{}, templateOf: map[*Node]string{}}
	owners := map[types.UID]*Node{}
	for i := range s.Templates {
		f.templates = append(f.templates, f.add(templateNode(&s.Templates[i])))
	}
	for i := range s.Pools {
		pool := &s.Pools[i]
		node := f.add(poolNode(pool))
		owners[pool.UID], f.templateOf[node] = node, pool.Spec.SandboxTemplateRef.Name
		f.roots = append(f.roots, node)
	}
	for i := range s.Claims {
		claim := &s.Claims[i]
		node, parent := f.add(claimNode(claim)), (*Node)(nil)
		owners[claim.UID] = node
		if claim.Spec.WarmPoolRef != nil {
			parent = f.byRef[ref{objects.Pool, claim.Namespace, claim.Spec.WarmPoolRef.Name}]
		} else if claim.Spec.SandboxTemplateRef != nil {
			f.templateOf[node] = claim.Spec.SandboxTemplateRef.Name
		}
		f.under(parent, node)
	}
	for i := range s.Sandboxes {
		sandbox := &s.Sandboxes[i]
		node := f.add(sandboxNode(sandbox))
		owners[sandbox.UID] = node
		f.under(owner(owners, sandbox), node)
	}
	for i := range s.Pods {
		f.under(owner(owners, &s.Pods[i]), f.add(podNode(&s.Pods[i])))
	}
	for _, node := range f.byRef {
		slices.SortStableFunc(node.Children, inOrder)
	}
	slices.SortStableFunc(f.templates, inOrder)
	slices.SortStableFunc(f.roots, inOrder)
	return f
}

// owner returns the node of the object that controls o, or nil if it is not there.
func owner(owners map[types.UID]*Node, o metav1.Object) *Node {
	if controller := rules.ControllerOf(o); controller != nil {
		return owners[controller.UID]
	}
	return nil
}

func (f *forest) add(n *Node) *Node {
	f.byRef[ref{n.kind, n.Namespace, n.Name}] = n
	return n
}

// under puts node below its parent, or among the roots.
func (f *forest) under(parent, node *Node) {
	if parent == nil {
		f.roots = append(f.roots, node)
		return
	}
	parent.Children = append(parent.Children, node)
}

// order is that of kinds under one parent, and among the roots.
var order = []*objects.Kind{objects.Template, objects.Pool, objects.Claim, objects.Sandbox, objects.Pod}

// inOrder sorts by namespace, and by kind, what is not Ready before what is, and by name.
func inOrder(a, b *Node) int {
	return cmp.Or(
		cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(slices.Index(order, a.kind), slices.Index(order, b.kind)),
		cmp.Compare(troubled(a), troubled(b)), cmp.Compare(a.Name, b.Name),
	)
}

// troubled is 0 for what is not Ready, and 1 for the rest. Pools say how many are Ready, and are sorted by name alone.
func troubled(n *Node) int {
	if n.kind != objects.Pool && !n.well() {
		return 0
	}
	return 1
}

// of returns the tree under one object.
func (f *forest) of(namespace string, r objects.Ref) (*Node, error) {
	node := f.byRef[ref{r.Kind, namespace, r.Name}]
	if node == nil {
		return nil, fmt.Errorf("no %s in namespace %q", r, namespace)
	}
	if r.Kind == objects.Template {
		for _, root := range f.roots {
			if root.Namespace == namespace && f.templateOf[root] == node.Name {
				node.Children = append(node.Children, root)
			}
		}
	}
	return node, nil
}

// limits is how many children of a kind are shown under an object: here under the first, and below under those that follow.
type limits struct{ here, below int }

// cut leaves the first children of each kind under n, as many as the limits say, and counts the rest.
func (n *Node) cut(l limits) {
	var left []*Node
	of := map[*objects.Kind]int{}
	for _, child := range n.Children {
		of[child.kind]++
		if of[child.kind] > l.here {
			n.Left++
			if child.well() {
				n.LeftReady++
			}
			continue
		}
		child.cut(limits{l.below, l.below})
		left = append(left, child)
	}
	n.Children = left
}
