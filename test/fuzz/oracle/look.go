package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// at returns what is at a path, or nil.
func at(o Object, path ...string) any {
	var value any = o
	for _, key := range path {
		fields, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = fields[key]
	}
	return value
}

// text returns the text at a path, or "".
func text(o Object, path ...string) string {
	value, _ := at(o, path...).(string)
	return value
}

// items returns the list at a path, or nil.
func items(o Object, path ...string) []any {
	value, _ := at(o, path...).([]any)
	return value
}

func name(o Object) string { return text(o, "metadata", "name") }

func uid(o Object) string { return text(o, "metadata", "uid") }

func label(o Object, key string) string { return text(o, "metadata", "labels", key) }

func annotation(o Object, key string) string { return text(o, "metadata", "annotations", key) }

func terminating(o Object) bool { return at(o, "metadata", "deletionTimestamp") != nil }

// holder is who owns an object.
type holder struct {
	// what is "pool", "claim", "sandbox" or "other"; it is "nobody" for an object without a controller.
	what, kind, name, uid, group string
}

var nobody = holder{what: "nobody"}

// holderOf reads an owner reference.
func holderOf(ref any) holder {
	fields, _ := ref.(map[string]any)
	group, _, grouped := strings.Cut(text(fields, "apiVersion"), "/")
	if !grouped {
		group = "" // A version of the core group.
	}
	h := holder{kind: text(fields, "kind"), name: text(fields, "name"), uid: text(fields, "uid"), group: group}
	switch group + " " + h.kind {
	case "agents.x-k8s.io Sandbox":
		h.what = "sandbox"
	case "extensions.agents.x-k8s.io SandboxWarmPool":
		h.what = "pool"
	case "extensions.agents.x-k8s.io SandboxClaim":
		h.what = "claim"
	default:
		h.what = "other"
	}
	return h
}

// owners returns all owners of an object.
func owners(o Object) []holder {
	var all []holder
	for _, ref := range items(o, "metadata", "ownerReferences") {
		all = append(all, holderOf(ref))
	}
	return all
}

// controller returns who controls an object.
func controller(o Object) holder {
	for _, ref := range items(o, "metadata", "ownerReferences") {
		fields, _ := ref.(map[string]any)
		if controls, _ := fields["controller"].(bool); controls {
			return holderOf(ref)
		}
	}
	return nobody
}

// ours reports whether a holder is a pool or a claim.
func (h holder) ours() bool { return h.what == "pool" || h.what == "claim" }

// same reports whether two values are the same JSON. What is empty is the same as what is not there.
func same(a, b any) bool {
	one, _ := json.Marshal(full(a))
	other, _ := json.Marshal(full(b))
	return bytes.Equal(one, other)
}

// full returns a value without what is empty in it.
func full(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, inner := range value {
			if inner = full(inner); inner != nil {
				kept[key] = inner
			}
		}
		if len(kept) > 0 {
			return kept
		}
		return nil
	case []any:
		kept := make([]any, len(value))
		for i := range value {
			kept[i] = full(value[i])
		}
		if len(kept) > 0 {
			return kept
		}
		return nil
	case string:
		if value == "" {
			return nil
		}
	case bool:
		if !value {
			return nil
		}
	}
	return value
}

// fnvHex is the form in which labels have names: 32-bit FNV-1a in hexadecimal digits.
func fnvHex(s string) string {
	h := fnv.New32a()
	h.Write([]byte(s))
	return fmt.Sprintf("%08x", h.Sum32())
}

// changedKey returns the first of keys whose value, or presence, differs below metadata.<field> of the two objects.
func changedKey(before, after Object, field string, keys []string) string {
	i := slices.IndexFunc(keys, func(key string) bool {
		return at(before, "metadata", field, key) != at(after, "metadata", field, key)
	})
	if i < 0 {
		return ""
	}
	return keys[i]
}
