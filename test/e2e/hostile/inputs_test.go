package hostile

import (
	"bytes"
	"context"
	"strings"
)

// input is something that one user can send.
type input struct {
	// kind is what it has in common with others: see the names of the lists.
	kind, name string
	// times is how often it is sent at once: once, if 0.
	times int
	send  func(ctx context.Context, w *world) answer
	want  expectation
}

// create returns an input that posts an object as the editor.
func create(kind, name string, r apiResource, query string, content []byte, want expectation) input {
	return input{kind: kind, name: name, want: want, send: func(ctx context.Context, w *world) answer {
		return w.hostile.post(ctx, r, query, content)
	}}
}

// atOnce returns the input, sent so often at once.
func (i input) atOnce(times int) input {
	i.times = times
	return i
}

const (
	kindSmall = "tiny quantity"
	kindLarge = "huge quantity"
	kindLists = "long list"
	kindClaim = "large claim"
	kindShape = "shape"
	kindTypes = "unreadable"
)

// tiny are quantities whose exponent makes Go divide by a power of ten of that many digits.
func tiny() []input {
	const worst, bad = "1e-900000000", "1e-1000000"
	return []input{
		create(kindSmall, "Sandbox, requests.memory "+worst, sandboxes, "", sandbox(ofContainer(resources("requests", "memory", worst))), refused),
		create(kindSmall, "the same by dry run", sandboxes, dryRun, sandbox(ofContainer(resources("requests", "memory", worst))), refused).atOnce(200),
		create(kindSmall, "template, limits.cpu", templates, dryRun, template(ofContainer(resources("limits", "cpu", worst))), refused),
		create(kindSmall, "claim's volume", claims, "", claim(volumes("requests", worst)), refused).atOnce(8),
		create(kindSmall, "claim's volume, limits "+bad, claims, "", claim(volumes("limits", bad)), refused),
		create(kindSmall, "template's volume", templates, dryRun, template(nil, volumes("requests", worst)), refused),
		create(kindSmall, "init container, limits.cpu "+bad, sandboxes, "", sandbox(object{
			"initContainers": []any{merged(container(object{"name": "init"}), resources("limits", "cpu", bad))},
		}), refused),
		create(kindSmall, "ephemeral-storage 1E-10000000", sandboxes, "",
			sandbox(ofContainer(resources("limits", "ephemeral-storage", "1E-10000000"))), refused),
		create(kindSmall, "emptyDir.sizeLimit", sandboxes, "",
			sandbox(object{"volumes": []any{object{"name": "v", "emptyDir": object{"sizeLimit": worst}}}}), refused),
		create(kindSmall, "ephemeral volume's request", sandboxes, "", sandbox(object{"volumes": []any{object{"name": "v",
			"ephemeral": object{"volumeClaimTemplate": object{"spec": object{
				"accessModes": []any{"ReadWriteOnce"}, "resources": object{"requests": object{"storage": worst}}}}}}}}), refused),
		create(kindSmall, "env, resourceFieldRef.divisor", templates, dryRun, template(ofContainer(object{"env": []any{object{"name": "A",
			"valueFrom": object{"resourceFieldRef": object{"resource": "limits.cpu", "divisor": worst}}}}})), refused),
		create(kindSmall, "overhead", sandboxes, "", sandbox(object{"overhead": object{"cpu": worst}}), refused),
		create(kindSmall, "the Pod's own resources", sandboxes, "", sandbox(resources("requests", "memory", worst)), refused),
		create(kindSmall, "a quantity of a million digits", templates, dryRun,
			template(ofContainer(resources("limits", "cpu", strings.Repeat("9", 1_000_000)))), repeated),
		create(kindSmall, "a million digits after the point", claims, dryRun, claim(volumes("requests", "0."+strings.Repeat("0", 1_000_000)+"1")), refused),
	}
}

// huge are quantities that parse, and hang who compares or prints them: the API server, too, when it gets the Pod.
func huge() []input {
	const worst, bad = "1e900000000", "1e1000000"
	return []input{
		create(kindLarge, "Sandbox, limits.cpu "+worst, sandboxes, "", sandbox(ofContainer(resources("limits", "cpu", worst))), refused),
		create(kindLarge, "init container, requests.memory "+bad, sandboxes, "", sandbox(object{
			"initContainers": []any{merged(container(object{"name": "init"}), resources("requests", "memory", bad))},
		}), refused),
		create(kindLarge, "Sandbox's volume", sandboxes, "", sandbox(nil, volumes("requests", worst)), refused),
		create(kindLarge, "template by dry run", templates, dryRun, template(ofContainer(resources("limits", "memory", worst))), refused),
		create(kindLarge, "negative", sandboxes, "", sandbox(ofContainer(resources("limits", "cpu", "-1e900000000"))), refused),
		create(kindLarge, "hugepages "+bad, sandboxes, "", sandbox(ofContainer(resources("limits", "hugepages-2Mi", bad))), refused),
	}
}

// lists are long lists in a Pod's spec. Each empty element is an error, and no element is.
func lists() []input {
	env := func(n int) object { return ofContainer(object{"env": numbered(n, object{"value": "x"})}) }
	suspended := object{"operatingMode": "Suspended"}
	dry := func(name string, pod object) input {
		return create(kindLists, name, templates, dryRun, template(pod), refused)
	}
	return []input{
		dry("template, 5,000 tolerations {}", object{"tolerations": empties(5000)}),
		create(kindLists, "suspended Sandbox, 400,000 tolerations {}", sandboxes, "",
			sandbox(object{"tolerations": empties(400_000)}, suspended), refused).atOnce(8),
		// The API server's own validation of the schema takes a time here that grows with the square of the number of items, and no
		// webhook is asked before.
		create(kindLists, "5,000 hostAliases {}", templates, dryRun, template(object{"hostAliases": empties(5000)}), repeated),
		create(kindLists, "1,000 tolerations that are numbers", templates, dryRun,
			template(object{"tolerations": list(1000, func(i int) any { return i })}), repeated),
		dry("5,000 volumes {}", object{"volumes": numbered(5000, nil)}),
		dry("20,000 env", env(20_000)),
		dry("5,000 imagePullSecrets", object{"imagePullSecrets": numbered(5000, nil)}),
		dry("5,000 topologySpreadConstraints", object{"topologySpreadConstraints": list(5000, func(int) any {
			return object{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "?"}
		})}),
		dry("5,000 readinessGates", object{"readinessGates": list(5000, func(int) any { return object{"conditionType": " "} })}),
		dry("5,000 containers", object{"containers": numbered(5000, nil)}),
		dry("5,000 ports", ofContainer(object{"ports": list(5000, func(int) any { return object{"containerPort": 0} })})),
		dry("5,000 affinity terms", object{"affinity": object{"nodeAffinity": object{
			"preferredDuringSchedulingIgnoredDuringExecution": list(5000, func(int) any { return object{"weight": 0, "preference": object{}} }),
		}}}),
		create(kindLists, "Sandbox, 20,000 env", sandboxes, "", sandbox(env(20_000), suspended), refused).atOnce(8),
		create(kindLists, "template, 20,000 labels", templates, dryRun, body(made("SandboxTemplate", templates.group,
			object{"podTemplate": object{"metadata": object{"labels": entries(20_000)}, "spec": podSpec(nil)}})), refused),
	}
}

// largeClaims are what a claim adds to a Sandbox. The mutating webhook sees them before the schema does.
func largeClaims() []input {
	metadata := func(field string, n int) []byte {
		return claim(object{"additionalPodMetadata": object{field: entries(n)}})
	}
	return []input{
		create(kindClaim, "10,000 labels", claims, dryRun, metadata("labels", 10_000), refused),
		create(kindClaim, "50,000 labels", claims, dryRun, metadata("labels", 50_000), refused).atOnce(8),
		create(kindClaim, "10,000 annotations", claims, dryRun, metadata("annotations", 10_000), refused),
		create(kindClaim, "30,000 env under Overrides", claims, dryRun,
			claim(object{"warmPoolRef": object{"name": overridesPool}, "env": numbered(30_000, object{"value": "x"})}), refused),
		create(kindClaim, "40,000 volumeClaimTemplates", claims, dryRun, claim(object{"volumeClaimTemplates": list(40_000, func(int) any {
			return object{"spec": object{}}
		})}), refused),
		create(kindClaim, "an env value of 1 MB", claims, dryRun, claim(object{"env": []any{
			object{"name": "A", "value": strings.Repeat("x", 1_000_000)},
		}}), refused),
		create(kindClaim, "a label of 1 MB", claims, dryRun, claim(object{"additionalPodMetadata": object{
			"labels": object{"sandbox.users.io/a": strings.Repeat("x", 1_000_000)},
		}}), refused),
	}
}

// shapes are objects that are deep, or large as a whole.
func shapes() []input {
	annotated := claimObject(nil)
	annotated["metadata"] = object{"generateName": "hostile-", "annotations": object{"a": strings.Repeat("x", 1_400_000)}}
	return []input{
		create(kindShape, "an annotation of 1.4 MB", claims, "", body(annotated), refused),
		create(kindShape, "objects in each other, 100,000 deep", sandboxes, dryRun, nested(`{"a":`, "}", 100_000), refused),
		create(kindShape, "lists in each other, 100,000 deep", sandboxes, dryRun, nested("[", "]", 100_000), refused),
		create(kindShape, "objects in each other, 9,000 deep", sandboxes, dryRun, nested(`{"a":`, "}", 9000), harmless).atOnce(8),
		create(kindShape, "a body of 4 MB", templates, dryRun,
			bytes.Replace(template(nil), []byte("busybox"), bytes.Repeat([]byte("x"), 4_000_000), 1), refused),
	}
}

// unreadable are values that the schema could take and Go cannot read. Stored, they would make every list of their kind fail.
func unreadable() []input {
	probe := func(port any) object {
		return ofContainer(object{"readinessProbe": object{"httpGet": object{"port": port}}})
	}
	policy := object{"networkPolicy": object{"ingress": []any{object{"ports": []any{object{"port": 3_000_000_000}}}}}}
	return []input{
		create(kindTypes, "httpGet.port 3000000000", sandboxes, "", sandbox(probe(3_000_000_000)), refused),
		create(kindTypes, "tcpSocket.port -3000000000", templates, "",
			template(ofContainer(object{"livenessProbe": object{"tcpSocket": object{"port": -3_000_000_000}}})), refused),
		create(kindTypes, "a port of a NetworkPolicy 3000000000", templates, "", template(nil, policy), refused),
		create(kindTypes, "cpu 1e1.5", sandboxes, "", sandbox(ofContainer(resources("requests", "cpu", "1e1.5"))), refused),
		create(kindTypes, "claim's volume 1Zi", claims, "", claim(volumes("requests", "1Zi")), refused),
		create(kindTypes, "containerPort 3000000000", sandboxes, "",
			sandbox(ofContainer(object{"ports": []any{object{"containerPort": 3_000_000_000}}})), refused),
		create(kindTypes, "a pool of 3,000,000,000", pools, "", body(made("SandboxWarmPool", pools.group,
			object{"replicas": 3_000_000_000, "sandboxTemplateRef": object{"name": "nowhere"}})), refused),
	}
}
