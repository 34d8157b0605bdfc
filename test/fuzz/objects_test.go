package fuzz

import (
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

// meta returns the metadata of an object of the world.
func meta(name, uid string, owners ...any) object {
	return object{
		"name": name, "namespace": tape.Namespace, "uid": uid, "labels": object{}, "annotations": object{}, "ownerReferences": owners,
	}
}

func ownedBy(kind, name, uid string) object {
	return object{"apiVersion": tape.Resources[kind].APIVersion, "kind": kind, "name": name, "uid": uid, "controller": true}
}

// sandbox returns a Sandbox that a request is about. It is in a pool, or in the plainest case its own. Each variant differs in one
// thing.
func sandbox(variant int, r *tape.Request, name, uid string, pooled bool) object {
	if pooled && variant == 0 {
		variant = 2
	}
	own := text(r.Old, "metadata", "uid")
	poolName := text(r.Old, "spec", "warmPoolRef", "name")
	if poolName == "" {
		poolName = "pool"
	}
	m := meta(name, uid)
	annotations, labels := object{"agents.x-k8s.io/pod-name": name}, object{}
	of := text(r.Old, "spec", "sandboxTemplateRef", "name")
	switch variant {
	case 1:
		return nil
	case 2:
		m["ownerReferences"] = []any{ownedBy("SandboxWarmPool", poolName, "pool-uid")}
	case 3:
		m["ownerReferences"] = []any{ownedBy("SandboxClaim", r.Name, own)}
	case 4:
		m["ownerReferences"] = []any{ownedBy("SandboxClaim", "other", "other-uid")}
	case 5:
		m["ownerReferences"] = []any{object{"apiVersion": "apps/v1", "kind": "Deployment", "name": "x", "uid": "x", "controller": true}}
	case 6:
		m["uid"] = "other-uid"
	case 7:
		m["deletionTimestamp"] = "2026-01-01T00:00:00Z"
		m["ownerReferences"] = []any{ownedBy("SandboxWarmPool", poolName, "pool-uid")}
	case 8:
		annotations["agents.x-k8s.io/pod-name"] = "other"
	case 9:
		annotations["agents.x-k8s.io/pod-identity"] = "Shared"
	case 10:
		m["ownerReferences"] = []any{ownedBy("SandboxWarmPool", "other", "other-uid")}
		of = "other"
	case 11:
		labels["agents.x-k8s.io/created-by"] = "curl"
		labels["agents.x-k8s.io/sandbox-template-ref-hash"] = "12345678"
	}
	if of != "" {
		annotations["agents.x-k8s.io/sandbox-template-ref"] = of
	}
	m["annotations"], m["labels"] = annotations, labels
	return object{"metadata": m, "spec": object{"podTemplate": object{"spec": object{}}}}
}

// claim returns the claim that a reference to an owner means, bound to the object of the request.
func claim(variant int, r *tape.Request, ref object) object {
	m := meta(text(ref, "name"), text(ref, "uid"))
	annotations := object{bindingKey: text(r.Object, "metadata", "name")}
	m["annotations"] = annotations
	spec, status := object{}, object{}
	switch pools := refs(r, "SandboxWarmPool"); {
	case len(pools) > 0:
		spec["warmPoolRef"] = object{"name": pools[0]["name"]}
	default:
		spec["sandboxTemplateRef"] = object{"name": "template"}
	}
	switch variant {
	case 1:
		return nil
	case 2:
		m["uid"] = "other-uid"
	case 3:
		m["deletionTimestamp"] = "2026-01-01T00:00:00Z"
	case 4:
		delete(annotations, bindingKey)
	case 5:
		annotations[bindingKey] = "other"
	case 6:
		status["sandbox"] = object{"name": "other"}
	case 7:
		spec["warmPoolRef"] = object{"name": "other"}
	case 8:
		spec["env"] = []any{object{"name": "A", "value": "b"}}
	case 9:
		delete(spec, "warmPoolRef")
		spec["sandboxTemplateRef"] = object{"name": "other"}
	}
	return object{"metadata": m, "spec": spec, "status": status}
}

// template returns a template that allows claims a lot, or little.
func template(variant int, name string) object {
	spec := object{"envVarsInjectionPolicy": "Overrides", "podTemplate": object{"spec": object{"containers": []any{object{"name": "main", "image": "image"}}}}}
	switch variant {
	case 1:
		return nil
	case 2:
		delete(spec, "envVarsInjectionPolicy")
	case 3:
		spec["envVarsInjectionPolicy"] = "Allowed"
		spec["service"] = true
	}
	return object{"metadata": meta(name, name+"-uid"), "spec": spec}
}

func pool(variant int, name string) object {
	if variant == 1 {
		return nil
	}
	return object{"metadata": meta(name, name+"-uid"), "spec": object{"replicas": float64(1), "sandboxTemplateRef": object{"name": "template"}}}
}
