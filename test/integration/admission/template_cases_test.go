package admission

import (
	"fmt"
	"strings"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// templates returns templates from which no Pod or NetworkPolicy could be made, and some from which they can.
func templates() []act {
	apply := func(title, name, spec string) act {
		return act{title: title, command: "apply -f -", input: fmt.Sprintf(`
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata: {name: %s}
spec: {%s}`, name, spec)}
	}
	pod := func(containers string) string {
		return fmt.Sprintf("podTemplate: {spec: {containers: [%s]}}", containers)
	}
	long := strings.Repeat("a", 239)
	first, second := builder.CollidingNames()
	const main = "{name: main, image: python:3.13-slim}"
	return []act{
		apply("A template without containers", "mine", pod("")),
		apply("A template whose containers are not there", "mine", "podTemplate: {spec: {restartPolicy: Never}}"),
		apply("Two containers of one name", "mine", pod(main+", "+main)),
		apply("A negative CPU", "mine", pod("{name: main, image: python:3.13-slim, resources: {requests: {cpu: -1}}}")),
		apply("A CPU that is no number", "mine", pod("{name: main, image: python:3.13-slim, resources: {requests: {cpu: many}}}")),
		apply("A container without an image", "mine", pod("{name: main}")),
		apply("A volume mount without its volume", "mine", pod("{name: main, image: python:3.13-slim, volumeMounts: [{name: w, mountPath: /w}]}")),
		apply("Several problems at once", "mine", pod("{name: Main, image: python:3.13-slim, ports: [{containerPort: 99999}]}")),
		apply("A volume claim without a size", "mine",
			pod(main)+", volumeClaimTemplates: [{metadata: {name: workspace}, spec: {accessModes: [ReadWriteOnce]}}]"),
		apply("Labels and annotations of a volume claim that are none", "mine", pod(main)+", volumeClaimTemplates: [{metadata: {name: w, "+
			`labels: {"bad label!": "x y"}, annotations: {"bad annotation!": x}}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]`),
		apply("Two volume claims of one name", "mine", pod(main)+", volumeClaimTemplates: ["+strings.Repeat(
			"{metadata: {name: w}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}, ", 2)+"]"),
		apply("Rules of a NetworkPolicy that are none", "mine", pod(main)+
			", networkPolicy: {egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [192.168.0.0/16]}}]}], ingress: [{ports: [{port: 9000, endPort: 80}]}]}"),
		apply("A name too long for its NetworkPolicy", long, pod(main)),
		allowed(apply("A long name, without a NetworkPolicy", long, "networkPolicyManagement: Unmanaged, "+pod(main))),
		{title: "A NetworkPolicy for a name that is too long for one",
			command: `patch sandboxtemplate ` + long + ` --type=merge -p '{"spec":{"networkPolicyManagement":"Managed"}}'`},
		allowed(apply("A template", first, pod(main))),
		apply("A template with a name of the same hash", second, pod(main)),
		allowed(act{title: "The first one is deleted", command: "delete sandboxtemplate " + first}),
		allowed(apply("The second one, once more", second, pod(main))),
		allowed(apply("A template with a label that no Pod gets", "labelled", "podTemplate: {metadata: {labels: {agents.x-k8s.io/claim-uid: x, app: web}}, "+
			"spec: {containers: ["+main+"]}}")),
		allowed(apply("A template that asks for a Service", "served", "service: true, "+pod(main))),
	}
}

// pools returns pools that could never be filled, and one that can be filled later.
func pools() []act {
	apply := func(title, name, spec string) act {
		return act{title: title, command: "apply -f -", input: fmt.Sprintf(`
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxWarmPool
metadata: {name: %s}
spec: {%s}`, name, spec)}
	}
	return []act{
		apply("A pool with negative replicas", "mine", "replicas: -1, sandboxTemplateRef: {name: python}"),
		{title: "A pool scaled to negative replicas",
			command: `patch sandboxwarmpool python --subresource=scale --type=merge -p '{"spec":{"replicas":-1}}'`},
		apply("A pool of too many", "mine", "replicas: 10001, sandboxTemplateRef: {name: python}"),
		{title: "A pool scaled to too many", command: `scale sandboxwarmpool python --replicas=20000`},
		apply("A pool without a template", "mine", "replicas: 1"),
		apply("A pool whose template's name is not one", "mine", "sandboxTemplateRef: {name: My_Template}"),
		apply("A pool with a dot in its name, of a template with a Service", "my.pool", "sandboxTemplateRef: {name: served}"),
		{title: "A pool that is kept for nobody knows whom", command: "apply -f -", input: `
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxWarmPool
metadata: {name: mine, annotations: {agents.x-k8s.io/named-claims-only: "yes"}}
spec: {sandboxTemplateRef: {name: python}}`},
		{title: "A pool that is annotated so later", command: `annotate sandboxwarmpool python agents.x-k8s.io/named-claims-only=on`},
		{title: "A template whose volumes are to be kept, or not", command: `annotate sandboxtemplate python agents.x-k8s.io/volumes-when-deleted=keep`},
		{title: "A template whose Pods are to share labels, or not", command: `annotate sandboxtemplate python agents.x-k8s.io/pod-identity=shared`},
		{title: "A pool whose claimed Pods are to be protected, or not", command: `annotate sandboxwarmpool python agents.x-k8s.io/protect-claimed-pods=on`},
		apply("A pool whose Sandboxes have no time to start", "mine", "readinessGracePeriodSeconds: 29, sandboxTemplateRef: {name: python}"),
		allowed(apply("A pool of a template that is not there yet", "early", "sandboxTemplateRef: {name: later}")),
	}
}
