package health

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// ArgoCD returns what the page's script for Argo CD says of obj, or nothing if it has none for that kind. As there, the script knows the
// standard functions of Lua, and the object as obj.
func ArgoCD(t *testing.T, obj *unstructured.Unstructured) (health, message string) {
	t.Helper()
	const prefix = "resource.customizations.health."
	var scripts map[string]string
	if err := yaml.UnmarshalStrict(snippet(t, prefix), &scripts); err != nil {
		t.Fatal(err)
	}
	kind := obj.GroupVersionKind()
	script, ok := scripts[prefix+kind.Group+"_"+kind.Kind]
	if !ok {
		return "", ""
	}
	state := lua.NewState()
	defer state.Close()
	state.SetGlobal("obj", luaValue(state, obj.Object))
	if err := state.DoString(script); err != nil {
		t.Fatalf("the script for %s: %v", kind.Kind, err)
	}
	result, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("the script for %s returns %v", kind.Kind, state.Get(-1))
	}
	return lua.LVAsString(result.RawGetString("status")), lua.LVAsString(result.RawGetString("message"))
}

// luaValue returns a value of an object's JSON as one of Lua.
func luaValue(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case map[string]any:
		table := state.NewTable()
		for key, each := range value {
			table.RawSetString(key, luaValue(state, each))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, each := range value {
			table.Append(luaValue(state, each))
		}
		return table
	case string:
		return lua.LString(value)
	case bool:
		return lua.LBool(value)
	case int64:
		return lua.LNumber(value)
	case float64:
		return lua.LNumber(value)
	}
	return lua.LNil
}
