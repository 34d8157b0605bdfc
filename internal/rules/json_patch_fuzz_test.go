package rules_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gomodules.xyz/jsonpatch/v2"
	evanphx "gopkg.in/evanphx/json-patch.v4"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

// oddKeys are keys that a JSON pointer has to escape, and some that it has not.
var oddKeys = []string{"a", "a/b", "a~b", "~1", "~0/", "agents.x-k8s.io/sandbox-uid", "x", "", "é", "\"", "0", "-"}

func fuzzedMap(t *tape.Tape) map[string]string {
	m := map[string]string{}
	for range t.Below(len(oddKeys)) {
		m[tape.Of(t, oddKeys)] = tape.Of(t, []string{"", "v", "w", "\u2028", "null"})
	}
	if len(m) == 0 && t.Byte()%2 == 0 {
		return nil
	}
	return m
}

// applied returns the string map at /metadata/labels after a patch.
func applied(t *testing.T, ops []jsonpatch.Operation, labels map[string]string) (map[string]string, error) {
	t.Helper()
	type object struct {
		Metadata struct {
			Labels map[string]string `json:"labels,omitempty"`
		} `json:"metadata"`
	}
	var o object
	o.Metadata.Labels = labels
	before, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(ops)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := evanphx.DecodePatch(text)
	if err != nil {
		t.Fatal(err)
	}
	after, err := patch.Apply(before)
	if err != nil {
		return nil, err
	}
	var result object
	if err := json.Unmarshal(after, &result); err != nil {
		t.Fatal(err)
	}
	return result.Metadata.Labels, nil
}

// FuzzJSONPatches: a patch makes of a map what it is to be, leaves everything else alone, and has nothing to do a second time.
func FuzzJSONPatches(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{3, 0, 1, 1, 2, 2, 1, 3, 4, 0, 1, 0, 2, 1, 7, 1, 2})
	f.Fuzz(func(t *testing.T, program []byte) {
		tp := tape.New(program)
		current, wanted, foreign := fuzzedMap(tp), fuzzedMap(tp), fuzzedMap(tp)
		if len(current) == 0 {
			current = nil // As it is on the wire.
		}
		const path = "/metadata/labels"
		for name, ops := range map[string][]jsonpatch.Operation{
			"PatchMap": rules.PatchMap(path, current, wanted), "PatchStoredMap": rules.PatchStoredMap(path, current, wanted),
		} {
			got, err := applied(t, ops, current)
			if diff := cmp.Diff(wanted, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Errorf("%s: %v: %v\n%s", name, ops, err, diff)
			}
		}
		if again := rules.PatchMap(path, wanted, wanted); len(again) > 0 {
			t.Errorf("again: %v", again)
		}
		set, err := applied(t, rules.SetKeys(path, current, wanted), current)
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range wanted {
			if set[key] != value {
				t.Errorf("%q is %q, want %q", key, set[key], value)
			}
		}
		rest, left := maps.Clone(current), maps.Clone(set)
		for key := range wanted {
			delete(rest, key)
			delete(left, key)
		}
		if diff := cmp.Diff(rest, left, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("what SetKeys does not name has changed:\n%s", diff)
		}
		if len(current) == 0 && len(foreign) > 0 && len(wanted) > 0 { // Somebody else has begun the map meanwhile.
			if got, err := applied(t, rules.PatchStoredMap(path, current, wanted), foreign); err == nil {
				t.Errorf("%v has replaced %v", got, foreign)
			}
		}
	})
}
