package why

import "testing"

// Nothing is in the way of what is well.
func well(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.apply(t, template("python", ""), pool("python", "python", 1))
	w.awaitSuccess(t, "wait sandboxwarmpool python --for=condition=Ready --timeout=60s")
	w.apply(t, claimFrom("agent", "python"))
	w.expect(t, "well", 0, "Nothing is in the way.", "why claim/agent")
	w.expect(t, "well_pool", 0, "Nothing is in the way.", "why swp/python")
	w.expect(t, "well_template", 0, "Nothing is in the way.", "why sandboxtemplates/python")
	w.expect(t, "well_json", 0, `"state": "ok"`, "why claim/agent -o json")
}

// What does not exist is answered with what is like it.
func missing(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.expect(t, "missing_alone", 2, "There is no claim in namespace", "why claim/agent")
	w.apply(t, claimOf("agent-1", "python"), claimOf("agent-2", "python"), claimOf("somebody", "python"))
	w.expect(t, "missing", 2, "claim/agent-1, claim/agent-2", "why claim/agent-")
}

// A user who may see neither nodes nor the installation still gets an answer.
func asAUser(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.kubeconfig = w.EditorKubeconfig()
	w.apply(t, template("python", "      nodeSelector: {kubernetes.io/hostname: nowhere}"), claimOf("agent", "python"))
	w.expect(t, "as_a_user", 1, "In the way: no node takes Pod agent", "why claim/agent")
}

// Nothing is created in a namespace that is being deleted.
func namespaceTerminates(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.namespace += "-ends"
	w.run(t, "kubectl create namespace "+w.namespace)
	w.awaitSuccess(t, "get serviceaccount default")
	w.apply(t, sandbox("agent", ""))
	w.awaitSuccess(t, "wait sandbox agent --for=condition=Ready --timeout=60s")
	w.kubectl(t, `patch sandbox agent --type=merge --patch '{"metadata":{"finalizers":["example.com/keep"]}}'`)
	w.run(t, "kubectl delete namespace --wait=false "+w.namespace)
	t.Cleanup(func() {
		w.shell(t, "", "kubectl --namespace "+w.namespace+` patch sandbox agent --type=merge --patch '{"metadata":{"finalizers":null}}'`)
	})
	w.expect(t, "namespace_terminating", 1, "In the way: namespace NAMESPACE is being deleted", "why sandbox/agent")
}
