package rules

import (
	"encoding/json"
	"maps"
	"strings"

	"gomodules.xyz/jsonpatch/v2"
)

// SetKeys returns the JSON patch operations that give the string map at path the values in wanted. An empty value
// removes its key. Keys that wanted does not name stay as they are in current. SetKeys is for the object of an admission
// request, which nobody else changes; SetStoredKeys is for a stored one.
func SetKeys(path string, current, wanted map[string]string) []jsonpatch.Operation {
	return PatchMap(path, current, withWishes(current, wanted))
}

// SetStoredKeys is SetKeys for an object that is stored, as PatchStoredMap is PatchMap.
func SetStoredKeys(path string, current, wanted map[string]string) []jsonpatch.Operation {
	return PatchStoredMap(path, current, withWishes(current, wanted))
}

// withWishes returns a copy of current with the values in wanted, and without the keys whose wanted value is empty.
func withWishes(current, wanted map[string]string) map[string]string {
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
	return target
}

// PatchStoredMap is PatchMap for an object that is stored, and that others may change before the patch arrives. An operation
// on one key leaves all other keys alone. But a first key brings the map with it, which would replace a map that somebody has
// begun meanwhile. So the patch tests that there is none still. If the test fails, the patch is decided anew.
func PatchStoredMap(path string, current, target map[string]string) []jsonpatch.Operation {
	ops := PatchMap(path, current, target)
	if len(current) == 0 && len(ops) > 0 {
		return append([]jsonpatch.Operation{jsonpatch.NewOperation("test", path, nothing)}, ops...)
	}
	return ops
}

// nothing is what a test finds where nothing is. A nil would not be encoded.
var nothing = json.RawMessage("null")

// PatchMap returns the JSON patch operations that turn the string map at path from current into target, in the object of an
// admission request. Operations are in the order of their keys, and removals come first.
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
