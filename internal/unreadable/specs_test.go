package unreadable

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/internal/limits"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// What is beyond a bound is not decoded, whatever kind it is of, and the reason says where it is.
func TestBounds(t *testing.T) {
	for name, tc := range map[string]struct {
		kind   int // of kinds
		object string
		want   string // how the reason begins, or nothing
	}{
		"a Sandbox":                       {0, `{"spec":{"podTemplate":{"spec":{"overhead":{"cpu":"1e-9"}}}},"metadata":{"name":"a"}}`, ""},
		"a quantity of a Sandbox":         {0, `{"spec":{"podTemplate":{"spec":{"overhead":{"cpu":"1e-900000000"}}}}}`, "spec.podTemplate.spec.overhead[cpu]"},
		"a quantity of a claim":           {1, `{"spec":{"volumeClaimTemplates":[{"spec":{"resources":{"requests":{"storage":"1e900000000"}}}}]}}`, "spec.volumeClaimTemplates[0].spec.resources.requests[storage]"},
		"a quantity of a template":        {2, `{"spec":{"podTemplate":{"spec":{"volumes":[{"emptyDir":{"sizeLimit":1e308}}]}}}}`, "spec.podTemplate.spec.volumes[0].emptyDir.sizeLimit"},
		"a list of a pool":                {3, `{"metadata":{"finalizers":[` + strings.Repeat(`"a",`, limits.MaxItems) + `"a"]}}`, "metadata.finalizers"},
		"such a text elsewhere":           {0, `{"spec":{"podTemplate":{"spec":{"containers":[{"name":"limits","image":"1e-900000000"}]}}}}`, ""},
		"managedFields that are long":     {0, `{"metadata":{"managedFields":[{"fieldsV1":{` + strings.Repeat(`"f:a":{},`, 100_000) + `"f:b":{}}}]}}`, ""},
		"an object that is cut off":       {0, `{"spec":{"podTemplate`, "spec"},
		"managedFields that are cut off":  {0, `{"metadata":{"managedFields":[{"a`, "metadata.managedFields[0]"},
		"an object that is not there":     {0, ``, "unexpected end"},
		"something that is no object":     {0, `7`, "json: cannot unmarshal"},
		"a Sandbox whose spec is a text":  {0, `{"spec":"a"}`, "json: cannot unmarshal"},
		"a Sandbox whose PodSpec is null": {0, `{"spec":{"podTemplate":{"spec":null}}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := &codec{kind: kinds()[tc.kind], specs: newSpecs()}
			_, unreadable := c.decode([]byte(tc.object))
			got := ""
			if unreadable != nil {
				got = unreadable.Reason
			}
			if (got == "") != (tc.want == "") || !strings.HasPrefix(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestPartsOfASandbox(t *testing.T) {
	sandbox := builder.MakeSandbox("a").Obj()
	object, err := json.Marshal(sandbox)
	if err != nil {
		t.Fatal(err)
	}
	found, oversized := partsOf(object, kinds()[0].shape)
	if oversized != nil {
		t.Fatal(oversized)
	}
	want, err := json.Marshal(sandbox.Spec.PodTemplate.Spec)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(found.podSpec.Of(object)); got != string(want) {
		t.Errorf("the PodSpec is at %s, want %s", got, want)
	}
}

func FuzzParts(f *testing.F) {
	for _, seed := range []string{`{"spec":{"podTemplate":{"spec":{"containers":[{}]}},"volumeClaimTemplates":[]}}`, `{"a":"\\`, `[[[`, `"`, `}`} {
		f.Add([]byte(seed))
	}
	shape := kinds()[0].shape
	f.Fuzz(func(t *testing.T, object []byte) {
		found, err := partsOf(object, shape)
		if err != nil || !json.Valid(object) || found.podSpec.IsEmpty() {
			return
		}
		if !json.Valid(found.podSpec.Of(object)) || !json.Valid(without(object, found)) {
			t.Errorf("%q is cut to %q", object, without(object, found))
		}
	})
}
