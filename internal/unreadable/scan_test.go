package unreadable

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/namesake-sandbox/namesake/internal/limits"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestBounds(t *testing.T) {
	many := func(n int, item string) string { return strings.Repeat(item+",", n-1) + item }
	for name, tc := range map[string]struct {
		object string
		want   string // a part of the error, or nothing
	}{
		"small":                               {`{"spec":{"replicas":1},"metadata":{"name":"a"}}`, ""},
		"white space":                         {" {\n\t\"spec\" : { \"a\" : [ 1 , true , null ] } }\n", ""},
		"an escaped quotation mark":           {`{"spec":{"a":"\"","b":"\\","c":"\\\""}}`, ""},
		"a quantity's exponent":               {`{"spec":{"resources":{"limits":{"cpu":"1e-900000000"}}}}`, "exponent"},
		"a large positive exponent":           {`{"spec":{"resources":{"requests":{"cpu":"1E900000000"}}}}`, "exponent"},
		"an exponent without a sign":          {`{"spec":{"overhead":{"cpu":"1e999"}}}`, "exponent"},
		"a number for a quantity":             {`{"spec":{"overhead":{"cpu":1e308}}}`, "exponent"},
		"a quantity of its own":               {`{"spec":{"volumes":[{"emptyDir":{"sizeLimit":"1e-900000000"}}]}}`, "exponent"},
		"a divisor":                           {`{"spec":{"containers":[{"env":[{"valueFrom":{"resourceFieldRef":{"divisor":"1e+900000000"}}}]}]}}`, "exponent"},
		"a long quantity":                     {`{"spec":{"limits":{"cpu":"` + strings.Repeat("9", 65) + `"}}}`, "characters"},
		"usual exponents":                     {`{"spec":{"limits":{"a":"1e18","b":"1E-9","c":"12E","d":"1Ei","e":"5e3"}}}`, ""},
		"such a text elsewhere in the spec":   {`{"spec":{"env":[{"name":"limits","value":"1e-900000000"}]}}`, ""},
		"such a label of the pod template":    {`{"spec":{"podTemplate":{"metadata":{"labels":{"divisor":"1e-900000000"}}}}}`, ""},
		"such an annotation":                  {`{"metadata":{"annotations":{"limits":"1e-900000000"}}}`, ""},
		"as many items as may be":             {`{"spec":{"a":[` + many(4096, "{}") + `]}}`, ""},
		"one item too many":                   {`{"spec":{"a":[` + many(4097, "{}") + `]}}`, "more than 4096 items"},
		"too many values":                     {`{"spec":{"a":[` + many(13, `[`+many(4000, "1")+`]`) + `]}}`, "more than 50000 values"},
		"too deep":                            {`{"spec":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, "levels deep"},
		"too long":                            {`{"spec":"` + strings.Repeat("a", maxBytes) + `"}`, "bytes"},
		"managedFields are as long as may be": {`{"metadata":{"managedFields":[` + many(5000, `{"a":"]"}`) + `]}}`, ""},
		"cut off in a text":                   {`{"spec":{"a":"b`, "not JSON"},
		"cut off in a list":                   {`{"spec":[1`, "not JSON"},
		"cut off in managedFields":            {`{"metadata":{"managedFields":[{"a`, "not JSON"},
		"a key that is no text":               {`{1:2}`, "not JSON"},
		"empty":                               {``, "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scan([]byte(tc.object))
			if got := fmt.Sprint(err); (err != nil) != (tc.want != "") || !strings.Contains(got, tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// What admission lets through is read: the bounds are its own, and a quantity may be as long as the schema allows.
func TestBoundsAreThoseOfAdmission(t *testing.T) {
	want := []int{limits.MaxBytes, limits.MaxDepth, limits.MaxItems, limits.MaxValues, limits.MaxQuantityExponentDigits}
	if got := []int{maxBytes, maxDepth, maxItems, maxValues, maxExponent}; !slices.Equal(got, want) {
		t.Errorf("the bounds are %v, those of admission %v", got, want)
	}
	if longest := len("+.e+") + 2*limits.MaxQuantityDigits + limits.MaxQuantityExponentDigits; maxQuantity < longest {
		t.Errorf("a quantity of %d characters is admitted, and one of %d not read", longest, maxQuantity)
	}
}

// Every quantity in the spec of any kind is in a place that scan knows.
func TestEveryQuantityIsKnown(t *testing.T) {
	for _, k := range kinds() {
		spec, ok := reflect.TypeOf(k.object).Elem().FieldByName("Spec")
		if !ok {
			t.Fatalf("%s has no spec", k.name)
		}
		walk(t, k.name+".spec", spec.Type, inSpec, nil)
	}
}

// walk checks the quantities below a type, of a value at p.
func walk(t *testing.T, path string, of reflect.Type, p place, above []reflect.Type) {
	t.Helper()
	switch {
	case of == reflect.TypeFor[resource.Quantity]():
		if p != quantity {
			t.Errorf("%s is a quantity, and not taken for one", path)
		}
	case slices.Contains(above, of): // A type that has itself as a part.
	case of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice:
		walk(t, path, of.Elem(), p, append(above, of))
	case of.Kind() == reflect.Map && p == quantities:
		walk(t, path+"{}", of.Elem(), quantity, append(above, of))
	case of.Kind() == reflect.Map:
		walk(t, path+"{}", of.Elem(), p, append(above, of))
	case of.Kind() == reflect.Struct:
		for field := range of.Fields() {
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			switch {
			case strings.Contains(options, "inline"):
				walk(t, path, field.Type, p, append(above, of))
			case field.IsExported() && name != "-":
				walk(t, path+"."+name, field.Type, below(name), append(above, of))
			}
		}
	}
}

func TestPartsOfASandbox(t *testing.T) {
	sandbox := builder.MakeSandbox("a").Obj()
	object, err := json.Marshal(sandbox)
	if err != nil {
		t.Fatal(err)
	}
	found, err := scan(object)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(sandbox.Spec.PodTemplate.Spec)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(found.podSpec.of(object)); got != string(want) {
		t.Errorf("the PodSpec is at %s, want %s", got, want)
	}
}

func FuzzScan(f *testing.F) {
	for _, seed := range []string{`{"spec":{"podTemplate":{"spec":{"containers":[{}]}},"volumeClaimTemplates":[]}}`, `{"a":"\\`, `[[[`, `"`, `}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		found, err := scan(object)
		if err != nil || !json.Valid(object) || found.podSpec.isEmpty() {
			return
		}
		if !json.Valid(found.podSpec.of(object)) || !json.Valid(without(object, found)) {
			t.Errorf("%q is cut to %q", object, without(object, found))
		}
	})
}
