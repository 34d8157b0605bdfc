package rules

import (
	"maps"
	"strings"

	"gomodules.xyz/jsonpatch/v2"
)

// SetKeys returns the JSON patch operations that bring the string map at path from current to what wanted says of its
// keys: the value, or, where that is empty, the key's absence. Keys that wanted does not name stay as they are.
func SetKeys(path string, current, wanted map[string]string) []jsonpatch.Operation {
	target := maps.Clone(current)
	if target == nil {
		target = map[string]string{}
	}
	for key, value := range wanted {
		if value == "" {
			delete(target, key)
		} else {
			target[key] = value
		}
	}
	return PatchMap(path, current, target)
}

// PatchMap returns the JSON patch operations, in the order of their keys, that turn the string map at path from current
// into target.
func PatchMap(path string, current, target map[string]string) []jsonpatch.Operation {
	if len(current) == 0 && len(target) > 0 { // An empty map is not there on the wire.
		return []jsonpatch.Operation{jsonpatch.NewOperation("add", path, target)}
	}
	var ops []jsonpatch.Operation
	for _, key := range sortedKeys(current) {
		if _, stays := target[key]; !stays {
			ops = append(ops, jsonpatch.NewOperation("remove", path+"/"+escape(key), nil))
		}
	}
	for _, key := range sortedKeys(target) {
		if value, has := current[key]; !has || value != target[key] {
			ops = append(ops, jsonpatch.NewOperation("add", path+"/"+escape(key), target[key]))
		}
	}
	return ops
}

// escape makes a key part of a JSON pointer (RFC 6901, section 3).
func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
