package rules

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// DroppedFields returns the fields of the spec of sent that got lacks, the first MaxCauses, in order. got is what the API server makes of
// sent, which it may do without a word: it drops what it does not know, since it is older than the field, and what a feature gate turns
// off (https://kubernetes.io/docs/reference/using-api/deprecation-policy/ and dropDisabledFields in its pkg/api/pod). A value that is
// another is not a field that lacks.
func DroppedFields(sent, got runtime.Object) ([]*field.Path, error) {
	before, err := runtime.DefaultUnstructuredConverter.ToUnstructured(sent)
	if err != nil {
		return nil, fmt.Errorf("reading what was sent: %w", err)
	}
	after, err := runtime.DefaultUnstructuredConverter.ToUnstructured(got)
	if err != nil {
		return nil, fmt.Errorf("reading what the API server makes of it: %w", err)
	}
	dropped := droppedBelow(field.NewPath("spec"), before["spec"], after["spec"])
	return dropped[:min(len(dropped), MaxCauses)], nil
}

// droppedBelow returns the paths of what is in sent, which is at path, and not in got.
func droppedBelow(path *field.Path, sent, got any) []*field.Path {
	var dropped []*field.Path
	switch sent := sent.(type) {
	case map[string]any:
		have, found := got.(map[string]any)
		if !found && len(sent) > 0 {
			return []*field.Path{path}
		}
		for _, key := range slices.Sorted(maps.Keys(sent)) {
			dropped = append(dropped, droppedBelow(path.Child(key), sent[key], have[key])...)
		}
	case []any:
		have, found := got.([]any)
		if !found && len(sent) > 0 {
			return []*field.Path{path}
		}
		for i, rivals := range counterparts(sent, have) {
			dropped = append(dropped, droppedOfItem(path.Index(i), sent[i], rivals)...)
		}
	case nil:
	default:
		if got == nil {
			return []*field.Path{path}
		}
	}
	return dropped
}

// droppedOfItem is droppedBelow for an item of a list, which may be any of rivals.
func droppedOfItem(path *field.Path, item any, rivals []any) []*field.Path {
	var least []*field.Path
	for i, rival := range rivals {
		dropped := droppedBelow(path, item, rival)
		if len(dropped) == 0 {
			return nil
		}
		if i == 0 || len(dropped) < len(least) {
			least = dropped
		}
	}
	return least
}

// rivalLimit is with how many items of a list another is compared.
const rivalLimit = 8

// counterparts returns for each item of sent which of got may be it: those of its name, or else that at its place, if the lists are as
// long as one another. Admission may add items, and two mounts may have the same name. Of an item without any, nothing is known.
func counterparts(sent, got []any) [][]any {
	byName := map[string][]any{}
	for _, item := range got {
		if name := nameOf(item); name != "" && len(byName[name]) < rivalLimit {
			byName[name] = append(byName[name], item)
		}
	}
	rivals := make([][]any, len(sent))
	for i, item := range sent {
		if rivals[i] = byName[nameOf(item)]; len(sent) == len(got) && nameOf(item) == nameOf(got[i]) {
			rivals[i] = []any{got[i]}
		}
	}
	return rivals
}

// nameOf returns the name of an item of a list, or nothing.
func nameOf(item any) string {
	fields, _ := item.(map[string]any)
	name, _ := fields["name"].(string)
	return name
}
