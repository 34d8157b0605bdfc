package why

import (
	"fmt"
	"testing"
)

// node creates a Node of the test's own, waits until Pods may be there, and returns its name.
func (w *world) node(t *testing.T, prefix string) string {
	t.Helper()
	name := prefix + "-" + w.namespace
	w.apply(t, node(name))
	t.Cleanup(func() { w.shell(t, "", "kubectl delete node "+name) })
	await(t, "node "+name+" to be usable", func() string { return w.kubectl(t, "get node %s -o jsonpath='{.spec.taints}'", name) })
	return name
}

// kubelet writes the status of a Pod as the kubelet of its node would.
func (w *world) kubelet(t *testing.T, pod, status string) {
	t.Helper()
	w.kubectl(t, `patch %s --subresource=status --type=strategic --patch '{"status":%s}'`, pod, status)
}

// withoutWebhook keeps one of the validating webhooks from being asked in the namespace, until restore is called.
func (w *world) withoutWebhook(t *testing.T, name string) (restore func()) {
	t.Helper()
	patch := func(selector string) string {
		return fmt.Sprintf(`kubectl patch validatingwebhookconfiguration namesake --type=strategic --patch '{"webhooks":[{"name":%q,"namespaceSelector":%s}]}'`, name, selector)
	}
	restore = func() { w.run(t, patch(`{"matchExpressions":null}`)) }
	w.run(t, patch(fmt.Sprintf(`{"matchExpressions":[{"key":"kubernetes.io/metadata.name","operator":"NotIn","values":[%q]}]}`, w.namespace)))
	t.Cleanup(func() {
		if t.Failed() {
			restore()
		}
	})
	return restore
}
