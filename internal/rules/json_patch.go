package rules

import (
	"maps"
	"strings"

	"gomodules.xyz/jsonpatch/v2"
)

// SetKeys returns the JSON patch operations that give the string map at path the values in wanted. An empty value
// removes its key. Keys that wanted does not name stay as they are in current.
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

// PatchMap returns the JSON patch operations that turn the string map at path from current into target. Operations are
// in the order of their keys, and removals come first.
func PatchMap(path string, current, target map[string]string) []jsonpatch.Operation {
	if len(current) == 0 && len(target) > 0 { // An empty map is absent on the wire.
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

// escape turns a key into a part of a JSON pointer (RFC 6901, section 3).
func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
