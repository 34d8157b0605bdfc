package admission

import (
	"fmt"
)

func claim(title, command, metadata, spec string) act {
	return act{title: title, command: command, input: fmt.Sprintf(`
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxClaim
metadata: {%s}
spec: {%s}`, metadata, spec)}
}

func allowed(a act) act {
	a.allowed = true
	return a
}

// references returns claims with references that are allowed and references that are not.
func references() []act {
	const python = "warmPoolRef: {name: python}"
	return []act{
		claim("A claim with both references", "apply -f -", "name: carl", python+", sandboxTemplateRef: {name: python}"),
		claim("A claim with neither reference", "apply -f -", "name: carl", ""),
		claim("A claim of a pool without a name", "apply -f -", "name: carl", `warmPoolRef: {name: ""}`),
		claim("A claim of a pool whose name is not one", "apply -f -", "name: carl", "warmPoolRef: {name: Python!}"),
		claim("A claim of a template whose name is a path", "apply -f -", "name: carl", "sandboxTemplateRef: {name: ../pods/own}"),
		claim("A claim's reference changed", "apply -f -", "name: ann", "warmPoolRef: {name: other}"),
		{title: "A claim's reference changed to a template", command: `patch sandboxclaim ann --type=merge -p '{"spec":{"warmPoolRef":null,"sandboxTemplateRef":{"name":"python"}}}'`},
		allowed(claim("A pool that is not there yet", "apply -f -", "name: early", "warmPoolRef: {name: later}")),
		allowed(claim("A template that is not there yet", "apply -f -", "name: earlier", "sandboxTemplateRef: {name: later}")),
	}
}

// bindings returns the ways to write a claim's binding.
func bindings() []act {
	return []act{
		allowed(claim("A binding in a new claim", "create -f -",
			"name: dora, annotations: {agents.x-k8s.io/sandbox-name: python-aaaaa}", "sandboxTemplateRef: {name: python}")),
		{title: "What became of it", command: `get sandboxclaim dora -o 'jsonpath={.metadata.annotations.agents\.x-k8s\.io/sandbox-name}'`, allowed: true},
		{title: "A binding changed", command: "annotate sandboxclaim ann agents.x-k8s.io/sandbox-name=python-bbbbb --overwrite"},
		{title: "A binding changed, by server-side apply", command: "apply --server-side --force-conflicts -f -",
			input: claim("", "", "name: ann, annotations: {agents.x-k8s.io/sandbox-name: python-bbbbb}", "warmPoolRef: {name: python}").input},
		{title: "A binding removed", command: "annotate sandboxclaim ann agents.x-k8s.io/sandbox-name-", allowed: true},
		{title: "What became of it", command: `get sandboxclaim ann -o 'jsonpath={.metadata.annotations.agents\.x-k8s\.io/sandbox-name}'`, allowed: true},
		{title: "A binding set on a claim that has none", command: "annotate sandboxclaim bob agents.x-k8s.io/sandbox-name=python-bbbbb"},
		{title: "When the claim was first seen, changed",
			command: "annotate sandboxclaim ann agents.x-k8s.io/controller-first-observed-at=2020-01-01T00:00:00Z --overwrite"},
		claim("Volumes that are to be kept, or not", "create -f -", "name: kept, annotations: {agents.x-k8s.io/volumes-when-deleted: keep}", "warmPoolRef: {name: python}"),
		{title: "Volumes that are to be kept, said too late", command: "annotate sandboxclaim ann agents.x-k8s.io/volumes-when-deleted=Retain", allowed: true},
		{title: "An annotation of one's own", command: "annotate sandboxclaim ann team=blue", allowed: true},
		{title: "The status", command: `patch sandboxclaim ann --subresource=status --type=merge -p '{"status":{"sandbox":{"name":"python-bbbbb"}}}'`},
	}
}
