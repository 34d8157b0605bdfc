package admission

import (
	"fmt"
)

// requests returns claims that ask for more than their template gives: claims of a template that allows little, and claims of
// one that allows much.
func requests() []act {
	template := func(name, spec string) act {
		return allowed(act{title: "Template " + name, command: "apply -f -", input: fmt.Sprintf(`
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata: {name: %s}
spec: {%s}`, name, spec)})
	}
	const containers = "spec: {containers: [{name: main, image: python:3.13-slim, env: [{name: HOME, value: /}]}, " +
		"{name: side, image: python:3.13-slim, envFrom: [{configMapRef: {name: settings}}]}], initContainers: [{name: init, image: python:3.13-slim}]}"
	const data = "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]"
	volume := func(name string) string {
		return fmt.Sprintf("volumeClaimTemplates: [{metadata: {name: %s}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]", name)
	}
	of := func(template, title, spec string) act {
		return claim(title, "apply -f -", "name: carl", fmt.Sprintf("sandboxTemplateRef: {name: %s}, %s", template, spec))
	}
	strict := func(title, spec string) act { return of("strict", title, spec) }
	lenient := func(title, spec string) act { return of("lenient", title, spec) }
	added := func(title, metadata string) act {
		return strict(title, fmt.Sprintf("additionalPodMetadata: {%s}", metadata))
	}
	patch := func(title, name, spec string) act {
		return act{title: title, command: fmt.Sprintf(`patch sandboxclaim %s --type=merge -p '{"spec":{%s}}'`, name, spec)}
	}
	return []act{
		template("strict", "podTemplate: {metadata: {labels: {sandbox.users.io/team: red}, annotations: {note: theirs}}, "+containers+"}"),
		template("lenient", "envVarsInjectionPolicy: Allowed, volumeClaimTemplatesPolicy: Allowed, "+data+", podTemplate: {"+containers+"}"),
		strict("Variables that the template does not allow", "env: [{name: A, value: b}]"),
		strict("Volumes that the template does not allow", volume("more")),
		lenient("A variable that is taken", "env: [{name: HOME, value: /tmp}]"),
		lenient("A container that there is not", "env: [{name: A, value: b, containerName: sidecar}]"),
		lenient("A container whose variables come from elsewhere", "env: [{name: A, value: b, containerName: side}]"),
		lenient("A variable that cannot be, and one that comes twice", `env: [{name: "A=B", value: b}, {name: C, value: d}, {name: C, value: e}]`),
		lenient("A variable without a name", `env: [{name: "", value: b}]`),
		lenient("A volume that is taken", volume("data")),
		added("A label without a domain", "labels: {team: blue}"),
		added("A label of a domain that is not allowed", "labels: {example.com/team: blue}"),
		added("A label that is none", `labels: {"sandbox.users.io/my team": blue}`),
		added("A value that is none", `labels: {sandbox.users.io/cost: "1 $"}`),
		added("A label that makes the Pod a router", "labels: {app: sandbox-router}"),
		added("A label that only Namesake writes", "labels: {agents.x-k8s.io/claim-uid: mine}"),
		added("An annotation that Kubernetes acts on", "annotations: {container.apparmor.security.beta.kubernetes.io/main: unconfined}"),
		added("An annotation that only Namesake writes", "annotations: {agents.x-k8s.io/pod-name: other}"),
		added("Another value than the template's", "labels: {sandbox.users.io/team: blue}, annotations: {note: mine}"),
		strict("Everything at once", "env: [{name: A, value: b}], "+volume("more")+", additionalPodMetadata: {labels: {team: blue}}"),
		strict("A policy that is none", "lifecycle: {shutdownPolicy: Stop}"),
		strict("A time to live that is none", "lifecycle: {ttlSecondsAfterFinished: -1}"),
		strict("A time that is none", "lifecycle: {shutdownTime: tomorrow}"),

		allowed(claim("A claim whose time is up", "apply -f -", "name: late", "warmPoolRef: {name: python}, lifecycle: {shutdownTime: 2020-01-01T00:00:00Z}")),
		allowed(claim("A claim of a template that is not there yet: nothing is known of it", "apply -f -", "name: early-bird",
			"sandboxTemplateRef: {name: later}, env: [{name: A, value: b}], additionalPodMetadata: {labels: {sandbox.users.io/team: blue}}")),
		claim("But a label can never be", "apply -f -", "name: early-worm", "sandboxTemplateRef: {name: later}, additionalPodMetadata: {labels: {team: blue}}"),
		allowed(claim("A claim with the label by which claims were bound once", "create -f -",
			"name: emil, labels: {agents.x-k8s.io/sandbox-name: python-aaaaa}", "sandboxTemplateRef: {name: lenient}")),
		allowed(act{title: "What became of it", command: "get sandboxclaim emil -o jsonpath={.metadata.labels}"}),

		patch("Variables of a claim that is bound", "ann", `"env":[{"name":"A","value":"b"}]`),
		patch("Volumes of a claim that is bound", "ann",
			`"volumeClaimTemplates":[{"metadata":{"name":"a"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}]`),
		patch("A label of a claim that is bound", "ann", `"additionalPodMetadata":{"labels":{"team":"blue"}}`),
		patch("Variables of a claim that waits, which the template does not allow", "bob", `"env":[{"name":"A","value":"b"}]`),
		allowed(patch("A label of the domain", "ann", `"additionalPodMetadata":{"labels":{"sandbox.users.io/team":"blue"}}`)),
		allowed(patch("An end", "ann", `"lifecycle":{"shutdownTime":"2040-01-01T00:00:00Z"}`)),
		{title: "The label by which claims were bound once", command: "label sandboxclaim bob agents.x-k8s.io/sandbox-name=python-bbbbb"},
		{title: "What of the Pod is noted as the claim's", command: "annotate sandbox python-aaaaa agents.x-k8s.io/claim-labels=app"},
	}
}
