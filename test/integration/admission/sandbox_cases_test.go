package admission

import (
	"fmt"
	"testing"
)

const sandboxSpec = `spec: {podTemplate: {spec: {containers: [{name: main, image: python:3.13-slim}]}}}`

// secondAdoptions returns the ways to take a Sandbox from the claim that adopted it.
func secondAdoptions(t *testing.T, w *world) []act {
	t.Helper()
	bob := w.claimOwner(w.bob)
	return []act{
		{title: "A second adoption, by merge patch", command: fmt.Sprintf(
			`patch sandbox python-aaaaa --type=merge -p '{"metadata":{"ownerReferences":[%s]}}'`, bob)},
		{title: "A second adoption, by JSON patch", command: fmt.Sprintf(
			`patch sandbox python-aaaaa --type=json -p '[{"op":"replace","path":"/metadata/ownerReferences/0","value":%s}]'`, bob)},
		{title: "A second adoption, by replace", command: "replace -f -",
			shown: fmt.Sprintf("(Sandbox python-aaaaa as it is, with)\nmetadata: {ownerReferences: [%s]}", bob),
			input: w.edited(t, "agents.x-k8s.io/v1beta1", "Sandbox", "python-aaaaa", func(metadata map[string]any) {
				reference := metadata["ownerReferences"].([]any)[0].(map[string]any)
				reference["name"], reference["uid"] = "bob", string(w.bob.UID)
			})},
		{title: "A second adoption, by server-side apply", command: "apply --server-side --force-conflicts -f -", input: fmt.Sprintf(`
apiVersion: agents.x-k8s.io/v1beta1
kind: Sandbox
metadata: {name: python-aaaaa, ownerReferences: [%s]}
%s`, bob, sandboxSpec)},
		{title: "A second owner that does not control it, by server-side apply", command: "apply --server-side --force-conflicts -f -", input: fmt.Sprintf(`
apiVersion: agents.x-k8s.io/v1beta1
kind: Sandbox
metadata: {name: python-aaaaa, ownerReferences: [{apiVersion: extensions.agents.x-k8s.io/v1beta1, kind: SandboxClaim, name: bob, uid: %s}]}
%s`, w.bob.UID, sandboxSpec)},
		{title: "Back into the pool", command: fmt.Sprintf(
			`patch sandbox python-aaaaa --type=merge -p '{"metadata":{"ownerReferences":[%s]}}'`, w.poolOwner())},
		{title: "The claim taken away", command: `patch sandbox python-aaaaa --type=merge -p '{"metadata":{"ownerReferences":null}}'`},
		{title: "A first adoption, by a user", command: fmt.Sprintf(
			`patch sandbox python-bbbbb --type=merge -p '{"metadata":{"ownerReferences":[%s]}}'`, bob)},
		{title: "A Sandbox of nobody, given to a claim", command: fmt.Sprintf(
			`patch sandbox own --type=merge -p '{"metadata":{"ownerReferences":[%s]}}'`, bob)},
	}
}

// otherOwners returns what operators of other kinds may do with Sandboxes, and where that ends.
func otherOwners(w *world) []act {
	const uid = "11111111-2222-3333-4444-555555555555"
	owned := func(name, references string) string {
		return fmt.Sprintf(`patch sandbox %s --type=merge -p '{"metadata":{"ownerReferences":[%s]}}'`, name, references)
	}
	add := func(name, reference string) string {
		return fmt.Sprintf(`patch sandbox %s --type=json -p '[{"op":"add","path":"/metadata/ownerReferences/-","value":%s}]'`, name, reference)
	}
	const plain = `{"apiVersion":"v1","kind":"ConfigMap","name":"keep","uid":"` + uid + `"}`
	return []act{
		{title: "An operator takes on a Sandbox of nobody", command: owned("own", owner("example.com/v1", "Workspace", "a", uid)), allowed: true},
		{title: "It renews the version of its own kind", command: owned("own", owner("example.com/v2", "Workspace", "a", uid)), allowed: true},
		{title: "It hands the Sandbox on", command: owned("own", owner("apps/v1", "ReplicaSet", "b", uid)), allowed: true},
		{title: "A Sandbox of an operator, given to a claim", command: owned("own", w.claimOwner(w.bob))},
		{title: "The operator lets the Sandbox go", command: owned("own", ""), allowed: true},
		{title: "An operator takes on a claim's Sandbox", command: owned("python-aaaaa", owner("example.com/v1", "Workspace", "a", uid))},
		{title: "A plain owner of a claim's Sandbox", command: add("python-aaaaa", plain), allowed: true},
		{title: "A plain owner of a warm Sandbox", command: add("python-bbbbb", plain), allowed: true},
		{title: "A plain owner that is a claim", command: add("python-bbbbb", fmt.Sprintf(
			`{"apiVersion":"extensions.agents.x-k8s.io/v1beta1","kind":"SandboxClaim","name":"bob","uid":%q}`, w.bob.UID))},
		{title: "A plain owner that leaves",
			command: `patch sandbox python-aaaaa --type=json -p '[{"op":"remove","path":"/metadata/ownerReferences/1"}]'`, allowed: true},
	}
}

// reserved returns writes to a Sandbox that only the controller may make.
func reserved(w *world) []act {
	create := func(title, metadata string) act {
		return act{title: title, command: "create -f -", input: fmt.Sprintf(`
apiVersion: agents.x-k8s.io/v1beta1
kind: Sandbox
metadata: %s
%s`, metadata, sandboxSpec)}
	}
	taken := func(title, metadata string) act {
		a := create(title, metadata)
		a.allowed = true
		return a
	}
	return []act{
		create("A new Sandbox, in a pool by its owner", fmt.Sprintf("{name: mine, ownerReferences: [%s]}", w.poolOwner())),
		create("A new Sandbox, a claim's by its owner", fmt.Sprintf("{name: bob, ownerReferences: [%s]}", w.claimOwner(w.bob))),
		taken("A new Sandbox, in a pool by its labels, as a backup has it",
			`{name: restored, labels: {agents.x-k8s.io/warm-pool-sandbox: 11ea0998, agents.x-k8s.io/launch-type: warm}}`),
		taken("A new Sandbox, a claim's by its labels", fmt.Sprintf("{name: restored-too, labels: {agents.x-k8s.io/claim-uid: %s}}", w.ann.UID)),
		create("A new Sandbox that names another Pod", `{name: mine, annotations: {agents.x-k8s.io/pod-name: yours}}`),
		{title: "A reserved label added", command: `label sandbox own agents.x-k8s.io/launch-type=warm`},
		{title: "A reserved label changed", command: `label sandbox python-bbbbb agents.x-k8s.io/sandbox-template-ref-hash=00000000 --overwrite`},
		{title: "A reserved label removed", command: `label sandbox python-bbbbb agents.x-k8s.io/warm-pool-sandbox-`},
		{title: "A label of one's own", command: `label sandbox python-bbbbb team=blue`, allowed: true},
		{title: "Volumes that are to be kept, or not", command: `annotate sandbox own agents.x-k8s.io/volumes-when-deleted=retain`},
		{title: "A Pod that is to share labels, or not", command: `annotate sandbox own agents.x-k8s.io/pod-identity=template`},
		{title: "A Pod that is to be kept, or not, capitalized", command: `annotate sandbox own agents.x-k8s.io/keep-ended-pod=True`},
		{title: "A Pod that is to be kept, or not, empty", command: `annotate sandbox own agents.x-k8s.io/keep-ended-pod=`},
		create("A new Sandbox whose Pod is to be kept, or not", `{name: mine, annotations: {agents.x-k8s.io/keep-ended-pod: "yes"}}`),
		{title: "A Pod that is to be kept", command: `annotate sandbox own agents.x-k8s.io/keep-ended-pod=true`, allowed: true},
		{title: "A Pod that is to be kept no more", command: `annotate sandbox own agents.x-k8s.io/keep-ended-pod=false --overwrite`, allowed: true},
		{title: "Another Pod named", command: `annotate sandbox own agents.x-k8s.io/pod-name=yours --overwrite`},
		{title: "The template's name changed", command: `annotate sandbox python-aaaaa agents.x-k8s.io/sandbox-template-ref=other --overwrite`},
		{title: "What is in a warm Sandbox, changed", command: `patch sandbox python-bbbbb --type=merge -p '{"spec":{"podTemplate":{"spec":{"containers":[{"name":"main","image":"mine"}]}}}}'`},
		{title: "The status", command: `patch sandbox own --subresource=status --type=merge -p '{"status":{"podIPs":["10.9.9.9"]}}'`},
	}
}

// sharedVolumes returns Sandboxes whose own names and volume names combine to the same name.
func sharedVolumes() []act {
	create := func(title, name, template string, allowed bool) act {
		return act{title: title, allowed: allowed, command: "create -f -", input: fmt.Sprintf(`
apiVersion: agents.x-k8s.io/v1beta1
kind: Sandbox
metadata: {name: %s}
spec:
  podTemplate: {spec: {containers: [{name: main, image: python:3.13-slim}]}}
  volumeClaimTemplates: [{metadata: {name: %s}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]`, name, template)}
	}
	return []act{
		create("A Sandbox that would have a volume of another", "two-shared", "data", false),
		create("A Sandbox whose name only looks like that", "two-shared", "cache", true),
	}
}

// sandboxNames returns names that cannot work later, and one that can.
func sandboxNames() []act {
	long := "a123456789-123456789-123456789-123456789-123456789-123456789-123"
	create := func(title, name, spec string) act {
		return act{title: title, command: "apply -f -", input: fmt.Sprintf(`
apiVersion: agents.x-k8s.io/v1beta1
kind: Sandbox
metadata: {name: %s}
spec: {%s, podTemplate: {spec: {containers: [{name: main, image: python:3.13-slim}]}}}`, name, spec)}
	}
	volume := `volumeClaimTemplates: [{metadata: {name: %s}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]`
	fits := create("A name of 64 characters, without a Service", long, "service: false")
	fits.allowed = true
	return []act{
		fits,
		create("A name of 64 characters, with a Service", long[:63]+"z", "service: true"),
		create("A name with a dot, with a Service", "a.b", "service: true"),
		create("A name in capitals", "Mine", "service: false"),
		create("A name too long with that of a volume", long+"."+long+"."+long+"."+long[:50], fmt.Sprintf(volume, "workspace")),
		create("A volume whose name is not one", "mine", fmt.Sprintf(volume, "My_Volume")),
		create("A volume without a name", "mine", fmt.Sprintf(volume, `""`)),
	}
}
