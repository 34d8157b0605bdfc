package hostile

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// object is JSON that is written by hand, since the types of Go would not take it.
type object = map[string]any

// body returns an object as bytes.
func body(o object) []byte {
	content, err := json.Marshal(o)
	if err != nil {
		panic(err) // It consists of maps, lists and texts.
	}
	return content
}

// list returns a list of n items.
func list(n int, item func(i int) any) []any {
	items := make([]any, n)
	for i := range items {
		items[i] = item(i)
	}
	return items
}

// empties returns a list of n empty objects.
func empties(n int) []any { return list(n, func(int) any { return object{} }) }

// numbered returns a list of n objects with names of their own, and with what else is given.
func numbered(n int, with object) []any {
	return list(n, func(i int) any { return merged(object{"name": fmt.Sprintf("n%d", i)}, with) })
}

// entries returns a map with n keys.
func entries(n int) object {
	found := object{}
	for i := range n {
		found[fmt.Sprintf("k%d", i)] = "v"
	}
	return found
}

func merged(objects ...object) object {
	result := object{}
	for _, o := range objects {
		maps.Copy(result, o)
	}
	return result
}

// podSpec returns the spec of a Pod with one container, and with what else is given.
func podSpec(with object) object {
	return merged(object{"containers": []any{container(nil)}}, with)
}

func container(with object) object {
	return merged(object{"name": "main", "image": "busybox"}, with)
}

// ofContainer returns the spec of a Pod whose container has these fields.
func ofContainer(with object) object {
	return object{"containers": []any{container(with)}}
}

// resources returns a container's field: requests or limits of one resource.
func resources(field, name, quantity string) object {
	return object{"resources": object{field: object{name: quantity}}}
}

func made(kind, group string, spec object) object {
	return object{"apiVersion": group + "/v1beta1", "kind": kind, "metadata": object{"generateName": "hostile-"}, "spec": spec}
}

// sandbox returns a Sandbox whose Pod has this spec, and with what else is given of its own spec.
func sandbox(pod object, with ...object) []byte {
	return body(sandboxObject(pod, with...))
}

func sandboxObject(pod object, with ...object) object {
	spec := merged(object{"podTemplate": object{"spec": podSpec(pod)}}, merged(with...))
	return made("Sandbox", sandboxes.group, spec)
}

func template(pod object, with ...object) []byte {
	return body(made("SandboxTemplate", templates.group, merged(object{"podTemplate": object{"spec": podSpec(pod)}}, merged(with...))))
}

// claim returns a claim of a pool that is not there, with what else is given of its spec.
func claim(with object) []byte {
	return body(claimObject(with))
}

func claimObject(with object) object {
	return made("SandboxClaim", claims.group, merged(object{"warmPoolRef": object{"name": "nowhere"}}, with))
}

// volumes returns the field of a Sandbox, template or claim: one volume that requests or limits this much.
func volumes(field, quantity string) object {
	return object{"volumeClaimTemplates": []any{object{
		"metadata": object{"name": "data"},
		"spec": object{
			"accessModes": []any{"ReadWriteOnce"},
			"resources":   merged(object{"requests": object{"storage": "1Gi"}}, object{field: object{"storage": quantity}}),
		},
	}}}
}

// nested returns the field of a Pod that nobody knows, with objects or lists in each other to that depth.
func nested(begin, end string, depth int) []byte {
	deep := strings.Repeat(begin, depth) + "1" + strings.Repeat(end, depth)
	return []byte(strings.Replace(string(sandbox(object{"unknown": "DEEP"})), `"DEEP"`, deep, 1))
}
