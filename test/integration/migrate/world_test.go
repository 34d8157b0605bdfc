package migrate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// kinds are the kinds of everything that agent-sandbox leaves.
var kinds = []schema.GroupVersionKind{
	{Group: "extensions.agents.x-k8s.io", Version: "v1beta1", Kind: "SandboxTemplate"},
	{Group: "extensions.agents.x-k8s.io", Version: "v1beta1", Kind: "SandboxWarmPool"},
	{Group: "extensions.agents.x-k8s.io", Version: "v1beta1", Kind: "SandboxClaim"},
	{Group: "agents.x-k8s.io", Version: "v1beta1", Kind: "Sandbox"},
	{Version: "v1", Kind: "Pod"},
	{Version: "v1", Kind: "Service"},
	{Version: "v1", Kind: "PersistentVolumeClaim"},
	{Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy"},
}

// world holds all objects in a namespace, each under "Kind/name".
type world map[string]*unstructured.Unstructured

func observe(t *testing.T, n *suite.Namespace) world {
	t.Helper()
	w := world{}
	for _, kind := range kinds {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		if err := n.Admin.List(t.Context(), list, client.InNamespace(n.Name)); err != nil {
			t.Fatal(err)
		}
		for i := range list.Items {
			w[kind.Kind+"/"+list.Items[i].GetName()] = &list.Items[i]
		}
	}
	return w
}

// of returns the sorted names of all objects of a kind.
func (w world) of(kind string) []string {
	var names []string
	for _, key := range slices.Sorted(maps.Keys(w)) {
		if name, ok := strings.CutPrefix(key, kind+"/"); ok {
			names = append(names, name)
		}
	}
	return names
}

// versions returns the parts of all objects that change with every write.
func (w world) versions() map[string]string {
	versions := map[string]string{}
	for key, object := range w {
		versions[key] = object.GetResourceVersion()
	}
	return versions
}

// changes lists field by field how the world differs from was. It replaces what differs from run to run, like the namespace. A
// field that is not listed has not changed.
func (w world) changes(was world) string {
	names := strings.NewReplacer(w.uids()...)
	var text strings.Builder
	all := maps.Clone(was)
	maps.Copy(all, w)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		switch {
		case was[key] == nil:
			continue // created lists it.
		case w[key] == nil:
			fmt.Fprintf(&text, "%s: GONE\n\n", key)
			continue
		}
		before, after := flat(was[key]), flat(w[key])
		paths := maps.Clone(before)
		maps.Copy(paths, after)
		delete(paths, "metadata.resourceVersion")
		head := key + "\n"
		for _, path := range slices.Sorted(maps.Keys(paths)) {
			if before[path] != after[path] {
				fmt.Fprintf(&text, "%s  %s: %s -> %s\n", head, path, orNone(before, path), orNone(after, path))
				head = ""
			}
		}
		if head == "" {
			text.WriteString("\n")
		}
	}
	return names.Replace(text.String())
}

// created returns the objects that were not there before.
func (w world) created(was world) []string {
	var keys []string
	for key := range w {
		if was[key] == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// uids returns pairs of a UID and its replacement, for a replacer.
func (w world) uids() []string {
	var pairs []string
	for key, object := range w {
		pairs = append(pairs, string(object.GetUID()), "UID("+key+")")
	}
	return pairs
}

func orNone(fields map[string]string, path string) string {
	if value, ok := fields[path]; ok {
		return value
	}
	return "none"
}

// flat returns the fields of an object by their paths.
func flat(object *unstructured.Unstructured) map[string]string {
	object = object.DeepCopy()
	object.SetManagedFields(nil)
	fields := map[string]string{}
	flatten(fields, "", object.Object)
	return fields
}

func flatten(fields map[string]string, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			flatten(fields, strings.TrimPrefix(path+"."+quoted(key), "."), child)
		}
	case []any:
		for i, child := range value {
			flatten(fields, path+"["+index(i, child)+"]", child)
		}
	default:
		fields[path] = fmt.Sprintf("%q", fmt.Sprint(value))
	}
}

// quoted makes a key part of a path.
func quoted(key string) string {
	if strings.ContainsAny(key, "./") {
		return "[" + key + "]"
	}
	return key
}

// index returns how a path names an element of a list: by its type, as for conditions, or else by its position.
func index(i int, element any) string {
	if fields, ok := element.(map[string]any); ok {
		if kind, ok := fields["type"].(string); ok {
			return kind
		}
	}
	return fmt.Sprint(i)
}
