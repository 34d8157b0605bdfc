package builder

import (
	corev1 "k8s.io/api/core/v1"
)

// NodeWrapper makes a Node.
type NodeWrapper struct {
	metadata[*NodeWrapper]

	node *corev1.Node
}

// MakeNode makes a Node that accepts Pods. Nodes have no namespace.
func MakeNode(name string) *NodeWrapper {
	w := &NodeWrapper{node: &corev1.Node{}}
	w.metadata = makeMetadata(w, w.node, "node", name)
	return w.Namespace("")
}

// Obj returns the Node.
func (w *NodeWrapper) Obj() *corev1.Node {
	return w.node.DeepCopy()
}

// Unschedulable cordons the Node.
func (w *NodeWrapper) Unschedulable() *NodeWrapper {
	w.node.Spec.Unschedulable = true
	return w
}

// Taint adds a taint without a value.
func (w *NodeWrapper) Taint(key string, effect corev1.TaintEffect) *NodeWrapper {
	w.node.Spec.Taints = append(w.node.Spec.Taints, corev1.Taint{Key: key, Effect: effect})
	return w
}
