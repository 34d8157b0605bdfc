package tape

import (
	"maps"
	"slices"
	"strings"
)

// The users that rules tell apart, and one that they do not.
var users = []string{
	"editor", "system:serviceaccount:namesake-system:namesake", "system:serviceaccount:kube-system:generic-garbage-collector",
	"system:kube-controller-manager", "system:serviceaccount:other:namesake", "",
}

// keys are labels and annotations that mean something, and some that do not.
var keys = func() []string {
	of := []string{
		"sandbox-name", "sandbox-name-hash", "sandbox-uid", "warm-pool-sandbox", "sandbox-template-ref-hash", "claim-uid", "created-by",
		"pod-name", "sandbox-template-hash", "sandbox-pod-template-hash", "launch-type", "sandbox-template-ref", "claim-labels",
		"claim-annotations", "network-policy-management", "protect-claimed-pods", "controller-first-observed-at",
		"claim-first-ready-at", "propagated-labels", "propagated-annotations", "named-claims-only", "volumes-when-deleted",
		"pod-identity", "keep-ended-pod", "adoptable", "admission-probe",
	}
	for i := range of {
		of[i] = "agents.x-k8s.io/" + of[i]
	}
	return append(of, "app", "example.com/own", "opentelemetry.io/trace-context", "agents.x-k8s.io/SANDBOX-UID", "agents.x-k8s.io/", "")
}()

// odd are values that something may stumble over.
var odd = []any{
	nil, "", "x", true, false, float64(0), float64(-1), 1e30, Object{}, []any{}, []any{nil}, Object{"": nil}, "shared", "Retain", "Own", "true",
	"2026-01-01T00:00:00Z", "a/b/c", "../..", strings.Repeat("a", 300), "\u2028\x00", "Delete", "not a time", "1e-900000000",
	strings.Repeat("long ", 3000),
}

// owners are the owners that rules tell apart, and some that look like them.
var owners = [][2]string{
	{"agents.x-k8s.io/v1beta1", "Sandbox"}, {"extensions.agents.x-k8s.io/v1beta1", "SandboxClaim"},
	{"extensions.agents.x-k8s.io/v1beta1", "SandboxWarmPool"}, {"apps/v1", "ReplicaSet"}, {"agents.x-k8s.io/v1alpha1", "Sandbox"},
	{"extensions.agents.x-k8s.io/v1alpha1", "SandboxClaim"}, {"agents.x-k8s.io/v1beta1", "SandboxClaim"},
	{"extensions.agents.x-k8s.io/v1alpha1", "SandboxWarmPool"}, {"extensions.agents.x-k8s.io/v1beta1", "Sandbox"},
	{"agents.x-k8s.io", "Sandbox"}, {"agents.x-k8s.io/v1/x", "Sandbox"}, {"AGENTS.x-k8s.io/v1beta1", "sandbox"}, {"v1", "Namespace"},
}

// maxChanges is how often a request is changed at most.
const maxChanges = 12

// Mutate changes a request as t says. words are names and UIDs that exist; it is not empty.
func (r *Request) Mutate(t *Tape, words []string) {
	for range t.Below(maxChanges) {
		if t.Done() {
			return
		}
		r.change(t, words)
	}
}

// change makes one change.
func (r *Request) change(t *Tape, words []string) {
	o := r.Object
	if t.Byte()%5 == 4 && r.Old != nil {
		o = r.Old
	}
	if o == nil {
		o = Object{}
		r.Object = o
	}
	switch t.Below(16) {
	case 0, 1, 2:
		changeOwner(o, t, words)
	case 3, 4:
		set(below(o, "metadata", "labels"), Of(t, keys), value(t, words))
	case 5, 6:
		set(below(o, "metadata", "annotations"), Of(t, keys), value(t, words))
	case 7:
		set(below(o, "metadata"), Of(t, []string{"name", "uid", "generateName", "namespace", "resourceVersion", "finalizers"}), value(t, words))
	case 8:
		set(below(o, "metadata"), "deletionTimestamp", Of(t, []any{"2026-01-01T00:00:00Z", nil, "never"}))
	case 9:
		r.User = Of(t, users)
	case 10:
		r.changeRequest(t, words)
	case 11:
		r.Object = Clone(r.Old) // What follows is then the only change.
	case 12:
		set(below(o, "status", "sandbox"), "name", value(t, words))
	case 13:
		changeSpec(o, t, words)
	default:
		changeAnything(o, t, words)
	}
}

// value returns a word that exists, or something odd.
func value(t *Tape, words []string) any {
	if which := t.Byte(); which%4 != 3 {
		return words[(which/4)%len(words)]
	}
	return clone(Of(t, odd))
}

// set sets a field, or removes it where the value is nil.
func set(o Object, key string, value any) {
	if value == nil {
		delete(o, key)
		return
	}
	o[key] = value
}

// below returns the object at a path, and makes it where there is none.
func below(o Object, path ...string) Object {
	for _, key := range path {
		next, ok := o[key].(Object)
		if !ok || next == nil {
			next = Object{}
			o[key] = next
		}
		o = next
	}
	return o
}

// changeOwner adds, changes or removes an owner.
func changeOwner(o Object, t *Tape, words []string) {
	meta := below(o, "metadata")
	refs, _ := meta["ownerReferences"].([]any)
	what := t.Below(8)
	if len(refs) == 0 && what < 7 {
		what = 0
	}
	if what == 0 {
		kind := Of(t, owners)
		meta["ownerReferences"] = append(slices.Clone(refs), Object{
			"apiVersion": kind[0], "kind": kind[1], "name": value(t, words), "uid": value(t, words), "controller": t.Byte()%4 != 3,
		})
		return
	}
	at := 0
	if len(refs) > 0 {
		at = t.Below(len(refs))
		if ref, ok := refs[at].(Object); ok {
			changeReference(ref, what, t, words)
		}
	}
	switch what {
	case 6:
		meta["ownerReferences"] = slices.Delete(refs, at, at+1)
	case 7:
		delete(meta, "ownerReferences")
	}
}

func changeReference(ref Object, what int, t *Tape, words []string) {
	switch what {
	case 1:
		kind := Of(t, owners)
		ref["apiVersion"], ref["kind"] = kind[0], kind[1]
	case 2:
		ref["name"] = value(t, words)
	case 3:
		ref["uid"] = value(t, words)
	case 4:
		set(ref, "controller", Of(t, []any{true, false, nil, "true"}))
	case 5:
		set(ref, "blockOwnerDeletion", Of(t, []any{true, false, nil}))
	}
}

// changeRequest changes what is about the object, and not in it.
func (r *Request) changeRequest(t *Tape, words []string) {
	switch t.Below(6) {
	case 0:
		r.Operation = Of(t, []string{"CREATE", "UPDATE", "DELETE", "CONNECT", ""})
	case 1:
		r.Subresource = Of(t, []string{"", "status", "scale", "ephemeralcontainers", "resize", "odd"})
	case 2:
		r.DryRun = !r.DryRun
	case 3:
		r.Old = nil
	case 4:
		r.Object, r.Old = Clone(r.Old), r.Object
	case 5:
		r.Name, _ = value(t, words).(string)
	}
}

// changeSpec changes what rules look at in a spec.
func changeSpec(o Object, t *Tape, words []string) {
	spec := below(o, "spec")
	switch t.Below(9) {
	case 0:
		set(spec, "env", Of(t, []any{nil, []any{}, []any{Object{"name": "A", "value": "b"}}, []any{Object{"name": "=", "containerName": "x"}}}))
	case 1:
		spec["volumeClaimTemplates"] = []any{Object{"metadata": Object{"name": value(t, words)}, "spec": Object{}}}
	case 2:
		added := slices.Concat(keys, []string{"sandbox.users.io/a", "x.sandbox.users.io/b"})
		set(below(o, "spec", "additionalPodMetadata", "labels"), Of(t, added), value(t, words))
	case 3:
		set(below(o, "spec", "warmPoolRef"), "name", value(t, words))
	case 4:
		set(below(o, "spec", "sandboxTemplateRef"), "name", value(t, words))
	case 5:
		set(below(o, "spec", "lifecycle"), Of(t, []string{"shutdownTime", "shutdownPolicy", "ttlSecondsAfterFinished"}), clone(Of(t, odd)))
	case 6:
		set(spec, "service", Of(t, []any{true, false, nil, "true"}))
	case 7:
		containers := []any{Object{"name": "main", "image": value(t, words)}}
		if _, isPod := spec["containers"]; isPod {
			spec["containers"] = containers
			return
		}
		below(o, "spec", "podTemplate", "spec")["containers"] = containers
	case 8:
		if names := slices.Sorted(maps.Keys(spec)); len(names) > 0 {
			set(spec, Of(t, names), clone(Of(t, odd)))
		}
	}
}

// changeAnything walks down and changes what it comes to.
func changeAnything(o Object, t *Tape, words []string) {
	for range 8 {
		names := slices.Sorted(maps.Keys(o))
		if len(names) == 0 {
			o["odd"] = value(t, words)
			return
		}
		name := Of(t, names)
		next, ok := o[name].(Object)
		if list, isList := o[name].([]any); isList && len(list) > 0 {
			next, ok = list[t.Below(len(list))].(Object)
			if t.Byte()%4 == 0 {
				o[name] = append(slices.Clone(list), clone(list[0]))
				return
			}
		}
		if !ok || next == nil || t.Byte()%4 == 0 {
			set(o, name, value(t, words))
			return
		}
		o = next
	}
}
