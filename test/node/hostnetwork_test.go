package node

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// Where the control plane reaches no Pods, the manager runs in the network of its node, as docs/operations.md says. This node has room
// for one manager then, and an upgrade stops that before it starts the next.
func TestInTheNetworkOfTheNode(t *testing.T) {
	n := open(t)
	n.remove(t)
	n.install(t, "--set", "hostNetwork=true", "--set", "replicaCount=1")
	before := n.managersOf(t, 1)[0]
	address := n.address(t)
	if !before.Spec.HostNetwork || before.Status.PodIP != address {
		t.Errorf("the manager's address is %s, that of the node %s", before.Status.PodIP, address)
	}
	slice := []string{
		"get", "endpointslice", "--selector=kubernetes.io/service-name=namesake-webhook",
		"--output=jsonpath={.items[*].endpoints[*].addresses[*]}",
	}
	if out := ask(t, slice...); out != address {
		t.Errorf("the webhooks' Service leads to %q, want %s", out, address)
	}
	kubectl(t, "apply", "-f", testdata+"template.yaml", "-f", testdata+"pool.yaml")
	n.awaitFull(t)
	n.mustServe(t)

	kubectl(t, "--namespace", system, "rollout", "restart", "deployment/namesake")
	kubectl(t, "--namespace", system, "rollout", "status", "deployment/namesake", patience)
	if after := n.managersOf(t, 1)[0]; after.UID == before.UID || after.Status.PodIP != address {
		t.Errorf("after a restart the manager is %s at %s", after.UID, after.Status.PodIP)
	}
	n.mustServe(t)
	n.clear(t)
	n.remove(t) // The next test wants two managers.
}

// address returns the address of the node.
func (n *node) address(t *testing.T) string {
	t.Helper()
	nodes := &corev1.NodeList{}
	if err := n.List(t.Context(), nodes); err != nil || len(nodes.Items) != 1 {
		t.Fatalf("%d nodes: %v", len(nodes.Items), err)
	}
	addresses := nodes.Items[0].Status.Addresses
	i := slices.IndexFunc(addresses, func(a corev1.NodeAddress) bool { return a.Type == corev1.NodeInternalIP })
	return addresses[i].Address
}
