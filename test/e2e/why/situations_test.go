package why

import (
	"testing"
)

// A quota that is used up. Raising it as the plugin says ends it.
func quotaUsedUp(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.apply(t, template("python", ""), quota("small", "pods", 1), sandbox("first", ""))
	w.awaitSuccess(t, "wait sandbox first --for=condition=Ready --timeout=60s")
	w.apply(t, claimOf("agent", "python"))
	w.expect(t, "quota", 1, "In the way: ResourceQuota small is used up", "why claim/agent")
	w.remedy(t, "claim/agent")
	w.awaitWell(t, "claim/agent")
}

// A policy of the cluster's own refuses the Pod.
func policy(t *testing.T) {
	t.Helper()
	w := enter(t)
	name := "images-" + w.namespace
	w.apply(t, denial(name, "", "v1", "pods", "object.spec.containers.all(c, c.image.startsWith('internal.example.com/'))", "images come from internal.example.com"))
	t.Cleanup(func() {
		w.shell(t, "", "kubectl delete validatingadmissionpolicy,validatingadmissionpolicybinding "+name)
	})
	await(t, "the policy to be in force", func() string {
		out, code := w.shell(t, "", "kubectl --namespace "+w.namespace+" run probe --image=elsewhere --dry-run=server")
		if code != 0 {
			return ""
		}
		return out
	})
	w.apply(t, template("python", ""), claimOf("agent", "python"))
	w.expect(t, "policy", 1, "refuses what Sandbox agent needs", "why claim/agent")
}

// A template that does not exist, as a claim and as a pool see it.
func templateMissing(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.apply(t, pool("python", "python", 1), claimFrom("agent", "python"))
	w.expect(t, "template_missing", 1, "In the way: SandboxTemplate python, which SandboxWarmPool python names, does not exist", "why claim/agent")
	w.expect(t, "template_missing_pool", 1, "In the way: SandboxTemplate python", "why pool python")
	w.apply(t, template("python", ""))
	w.awaitWell(t, "claim/agent")
	w.awaitWell(t, "swp/python")
}

// A scheduling gate. Removing it as the plugin says ends it.
func gate(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.apply(t, template("python", "      schedulingGates: [{name: example.com/approval}]"), claimOf("agent", "python"))
	w.expect(t, "gate", 1, "In the way: Pod agent has the scheduling gate example.com/approval", "why sandboxclaim/agent")
	w.remedy(t, "claim/agent")
	w.awaitWell(t, "claim/agent")
}

// The only node that takes the Pod is cordoned. Uncordoning it as the plugin says ends it.
func nodeCordoned(t *testing.T) {
	t.Helper()
	w := enter(t)
	host := w.node(t, "cordoned")
	w.kubectl(t, "cordon %s", host)
	w.apply(t, template("python", "      nodeSelector: {kubernetes.io/hostname: "+host+"}"), claimOf("agent", "python"))
	w.expect(t, "cordoned", 1, "In the way: node "+"cordoned-NAMESPACE is cordoned", "why claim/agent")
	w.remedy(t, "claim/agent")
	w.awaitWell(t, "claim/agent")
}

// A claim asks for a label whose domain is not allowed. Its admission would have refused it, so that is switched off for a moment.
func labelDomain(t *testing.T) {
	t.Helper()
	w := enter(t)
	restore := w.withoutWebhook(t, "sandboxclaim.validate.namesake.agents.x-k8s.io")
	labelled := claim("agent", "{sandboxTemplateRef: {name: python}, additionalPodMetadata: {labels: {example.com/team: blue}}}")
	await(t, "the claim to be accepted", func() string {
		out, code := w.shell(t, labelled, "kubectl --namespace "+w.namespace+" create -f -")
		if code == 0 {
			return ""
		}
		return out
	})
	restore()
	w.apply(t, template("python", ""))
	w.expect(t, "label_domain", 1, "asks for labels or annotations of its Pod that it may not have", "why claim/agent")
}

// A PersistentVolumeClaim of the name that the Sandbox's is to have; and then its own, for which there is no storage.
func volumeInTheWay(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.apply(t, `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data-agent}
spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}`)
	w.apply(t, sandbox("agent", `  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}`))
	w.expect(t, "volume_in_the_way", 1, "In the way: PersistentVolumeClaim data-agent", "why sandbox/agent")
	w.remedy(t, "sandbox/agent")
	w.expect(t, "volume_pending", 1, "StorageClass fast does not exist", "why sandbox/agent")
}

// Another Sandbox has the name that the claim's is to have. Deleting it as the plugin says ends it.
func nameTaken(t *testing.T) {
	t.Helper()
	w := enter(t)
	name := "nosandbox-" + w.namespace
	w.apply(t, template("python", ""), denial(name, "agents.x-k8s.io", "v1beta1", "sandboxes",
		"request.userInfo.username != 'system:serviceaccount:namesake-system:namesake'", "not yet"))
	t.Cleanup(func() {
		w.shell(t, "", "kubectl delete validatingadmissionpolicy,validatingadmissionpolicybinding "+name)
	})
	as := "--as=system:serviceaccount:namesake-system:namesake"
	await(t, "the policy to be in force", func() string {
		out, code := w.shell(t, sandbox("probe", ""), "kubectl --namespace "+w.namespace+" create --dry-run=server -f - "+as)
		if code != 0 {
			return ""
		}
		return out
	})
	w.apply(t, claimOf("agent", "python"))
	await(t, "the claim to be bound", func() string {
		bound := w.kubectl(t, `get sandboxclaim agent -o jsonpath='{.metadata.annotations.agents\.x-k8s\.io/sandbox-name}'`)
		if bound == "agent" {
			return ""
		}
		return "bound to " + bound
	})
	w.apply(t, sandbox("agent", ""))
	w.expect(t, "name_taken", 1, "Sandbox agent has the name that the Sandbox of SandboxClaim agent is to have", "why claim/agent")
	w.run(t, "kubectl delete validatingadmissionpolicy,validatingadmissionpolicybinding "+name)
	w.remedy(t, "claim/agent")
	w.awaitWell(t, "claim/agent")
}

// The claim's time is up.
func expired(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.apply(t, template("python", ""), claim("agent",
		"{sandboxTemplateRef: {name: python}, lifecycle: {shutdownPolicy: Retain, shutdownTime: \"2020-01-01T00:00:00Z\"}}"))
	w.expect(t, "expired", 1, "the time of SandboxClaim agent is up", "why claim/agent")
}

// The Sandbox is suspended. Resuming it as the plugin says ends it.
func suspended(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.apply(t, sandbox("agent", "  operatingMode: Suspended"))
	w.expect(t, "suspended", 1, "In the way: Sandbox agent is suspended", "why sandbox/agent")
	w.remedy(t, "sandbox/agent")
	w.awaitWell(t, "sandbox/agent")
}
