package limits

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// sandbox writes a Sandbox whose container has this limit of CPU.
func sandbox(cpu string) string {
	return `{"spec":{"podTemplate":{"spec":{"containers":[{"name":"a"},{"resources":{"limits":{"memory":"1Gi","cpu":` + cpu + `}}}]}}}}`
}

func nested(levels int) string {
	return strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)
}

func list(n int, item string) string {
	return "[" + strings.Repeat(item+",", n-1) + item + "]"
}

func entries(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"k%d":"v"`, i))
	}
	return "{" + strings.Join(all, ",") + "}"
}

func TestCheck(t *testing.T) {
	const cpu = "spec.podTemplate.spec.containers[1].resources.limits[cpu]"
	shape := ShapeOf[sandboxv1.Sandbox]()
	for name, tc := range map[string]struct {
		raw       string
		wantType  field.ErrorType
		wantField string
	}{
		"a quantity":                                {raw: sandbox(`"500m"`)},
		"a quantity that is a number":               {raw: sandbox(`1.5e3`)},
		"the largest quantity":                      {raw: sandbox(`"9223372036854775807"`)},
		"an exponent of two digits":                 {raw: sandbox(`"1e-99"`)},
		"exa":                                       {raw: sandbox(`"1000E"`)},
		"an exponent of three digits":               {raw: sandbox(`"1e100"`), wantType: field.ErrorTypeInvalid, wantField: cpu},
		"a huge negative exponent":                  {raw: sandbox(`"1e-900000000"`), wantType: field.ErrorTypeInvalid, wantField: cpu},
		"a huge exponent with a capital":            {raw: sandbox(`"1E+900000000"`), wantType: field.ErrorTypeInvalid, wantField: cpu},
		"a number with a huge exponent":             {raw: sandbox(`1e-900000000`), wantType: field.ErrorTypeInvalid, wantField: cpu},
		"a huge exponent with zeros in front":       {raw: sandbox(`"1e0000000009"`), wantType: field.ErrorTypeInvalid, wantField: cpu},
		"a huge exponent behind an escape":          {raw: sandbox(`"1\u0065-900000000"`), wantType: field.ErrorTypeInvalid, wantField: cpu},
		"21 digits":                                 {raw: sandbox(`"` + strings.Repeat("9", 21) + `"`), wantType: field.ErrorTypeInvalid, wantField: cpu},
		"21 digits behind the point":                {raw: sandbox(`"0.` + strings.Repeat("9", 21) + `"`), wantType: field.ErrorTypeInvalid, wantField: cpu},
		"a million digits":                          {raw: sandbox(`"` + strings.Repeat("9", 1e6) + `"`), wantType: field.ErrorTypeInvalid, wantField: cpu},
		"a million escapes":                         {raw: sandbox(`"` + strings.Repeat(`\u0039`, 1e5) + `"`), wantType: field.ErrorTypeInvalid, wantField: cpu},
		"what is no quantity is not judged":         {raw: sandbox(`"much"`)},
		"nor is an object":                          {raw: sandbox(`{"a":"1e-900000000"}`)},
		"the last of two values counts, so both do": {raw: sandbox(`"1e-900000000","cpu":"1"`), wantType: field.ErrorTypeInvalid, wantField: cpu},
		"a name in another case":                    {raw: strings.Replace(sandbox(`"1e900"`), "resources", "RESOURCES", 1), wantType: field.ErrorTypeInvalid, wantField: strings.Replace(cpu, "resources", "RESOURCES", 1)},
		"a name with a letter that folds":           {raw: strings.Replace(sandbox(`"1e900"`), "resources", "reſources", 1), wantType: field.ErrorTypeInvalid, wantField: strings.Replace(cpu, "resources", "reſources", 1)},
		"a name with an escape":                     {raw: strings.Replace(sandbox(`"1e900"`), "resources", `r\u0065sources`, 1), wantType: field.ErrorTypeInvalid, wantField: strings.Replace(cpu, "resources", `r\u0065sources`, 1)},
		"a text elsewhere may look like a quantity": {raw: `{"metadata":{"annotations":{"a":"1e-900000000"}},"spec":{"podTemplate":{"spec":{"containers":[{"image":"1e-900000000"}]}}}}`},
		"a field that is not known":                 {raw: `{"spec":{"podTemplate":{"spec":{"other":{"limits":{"cpu":"1e-900000000"}}}}}}`},
		"blanks everywhere":                         {raw: " { \"a\" : [ 1 , { } , [ ] , null , \"\\\"\" ] } \n"},
		"the deepest":                               {raw: nested(MaxDepth)},
		"one level more":                            {raw: nested(MaxDepth + 1), wantType: field.ErrorTypeTooMany, wantField: "a.a.a"},
		"a million levels":                          {raw: strings.Repeat("[", 1e6), wantType: field.ErrorTypeTooMany, wantField: "[0][0][0]"},
		"the longest list":                          {raw: `{"spec":{"a":` + list(MaxItems, "{}") + `}}`},
		"one item more":                             {raw: `{"spec":{"a":` + list(MaxItems+1, "{}") + `}}`, wantType: field.ErrorTypeTooMany, wantField: "spec.a"},
		"the largest map":                           {raw: `{"spec":` + entries(MaxItems) + `}`},
		"one entry more":                            {raw: `{"spec":` + entries(MaxItems+1) + `}`, wantType: field.ErrorTypeTooMany, wantField: "spec"},
		"the most values":                           {raw: `{"spec":` + list(12, list(MaxItems, "1")) + `}`},
		"more values":                               {raw: `{"spec":` + list(13, list(MaxItems, "1")) + `}`, wantType: field.ErrorTypeTooMany, wantField: "object"},
		"the managed fields of a large map":         {raw: `{"metadata":{"managedFields":[{"fieldsV1":` + entries(MaxItems+1) + `}]},"spec":{}}`},
		"the managed fields of many values":         {raw: `{"metadata":{"managedFields":[{"fieldsV1":` + list(13, list(MaxItems, "1")) + `}]},"spec":{}}`},
		"more managers than may be":                 {raw: `{"metadata":{"managedFields":` + list(MaxItems+1, "{}") + `}}`, wantType: field.ErrorTypeTooMany, wantField: "metadata.managedFields"},
		"a key that is no text":                     {raw: `{1:2}`, wantType: field.ErrorTypeInvalid, wantField: "[0]"},
		"what bears their name elsewhere":           {raw: `{"spec":{"managedFields":[{"fieldsV1":` + entries(MaxItems+1) + `}]}}`, wantType: field.ErrorTypeTooMany, wantField: "spec.managedFields[0].fieldsV1"},
		"the most bytes":                            {raw: `"` + strings.Repeat("a", MaxBytes-2) + `"`},
		"one byte more":                             {raw: `"` + strings.Repeat("a", MaxBytes-1) + `"`, wantType: field.ErrorTypeTooLong, wantField: "object"},
		"no object":                                 {raw: ""},
		"a text without an end":                     {raw: `{"a":"b`, wantType: field.ErrorTypeInvalid, wantField: "a"},
		"a lonely comma":                            {raw: `,`, wantType: field.ErrorTypeInvalid, wantField: "<nil>"},
		"two objects":                               {raw: `{}{}`, wantType: field.ErrorTypeInvalid, wantField: "<nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Check([]byte(tc.raw), shape)
			if err == nil {
				err = &field.Error{}
			}
			if err.Type != tc.wantType || err.Field != tc.wantField {
				t.Errorf("got %q at %q, want %q at %q", err.Type, err.Field, tc.wantType, tc.wantField)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("a message of %d characters", len(err.Error()))
			}
		})
	}
}

// trees calls do for every place of a quantity in t, with a function that writes JSON that has the given value there.
func trees(t reflect.Type, depth int, write func(inner string) string, do func(func(string) string)) {
	switch {
	case t.Kind() == reflect.Pointer:
		trees(t.Elem(), depth, write, do)
	case t == reflect.TypeFor[resource.Quantity]():
		do(write)
	case depth == 0 || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()):
	case t.Kind() == reflect.Slice:
		trees(t.Elem(), depth, func(inner string) string { return write("[" + inner + "]") }, do)
	case t.Kind() == reflect.Map:
		trees(t.Elem(), depth, func(inner string) string { return write(`{"x":` + inner + `}`) }, do)
	case t.Kind() == reflect.Struct:
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			inside := func(inner string) string { return write(fmt.Sprintf("{%q:%s}", name, inner)) }
			if name == "" {
				inside = write
			}
			trees(f.Type, depth-1, inside, do)
		}
	}
}

// Wherever Go reads a quantity, one that is too large is found. That Go reads one there is tried with what is none.
func TestEveryQuantityIsFound(t *testing.T) {
	for _, tc := range []struct {
		object any
		shape  *Shape
		least  int
	}{
		{&corev1.Pod{}, ShapeOf[corev1.Pod](), 20},
		{&sandboxv1.Sandbox{}, ShapeOf[sandboxv1.Sandbox](), 19},
		{&extensionsv1.SandboxTemplate{}, ShapeOf[extensionsv1.SandboxTemplate](), 19},
		{&extensionsv1.SandboxClaim{}, ShapeOf[extensionsv1.SandboxClaim](), 2},
	} {
		kind, found := reflect.TypeOf(tc.object).Elem(), 0
		trees(kind, 20, func(inner string) string { return inner }, func(write func(string) string) {
			found++
			if err := json.Unmarshal([]byte(write(`"much"`)), reflect.New(kind).Interface()); err == nil {
				t.Errorf("%s: no quantity is read in %s", kind, write("much"))
			}
			if err := Check([]byte(write(`"1e-900000000"`)), tc.shape); err == nil {
				t.Errorf("%s: not found in %s", kind, write(`"1e-900000000"`))
			}
			if err := Check([]byte(write(`"1"`)), tc.shape); err != nil {
				t.Error(err)
			}
		})
		if found < tc.least {
			t.Errorf("%s: %d quantities, want %d at least", kind, found, tc.least)
		}
	}
}

// ofControllerGen is the pattern of a quantity as controller-gen writes it.
var ofControllerGen = regexp.MustCompile(
	`^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$`)

// What the pattern of the CRDs takes, Go reads, and this package lets through. What it does not take any more is oversized, or
// nothing that Go reads.
func TestThePatternAgrees(t *testing.T) {
	pattern := regexp.MustCompile(QuantityPattern)
	for _, sign := range []string{"", "+", "-"} {
		for _, number := range []string{"0", "1", "1.", ".5", "1.5", "007", strings.Repeat("9", 20), strings.Repeat("9", 20) + "." + strings.Repeat("9", 20), strings.Repeat("9", 21), ".", ""} {
			for _, suffix := range []string{"", "Ki", "Ei", "n", "u", "m", "k", "M", "G", "T", "P", "E", "e5", "E5", "e+99", "e-99", "e100", "e1.5", "e", "i", " "} {
				text := sign + number + suffix
				_, err := resource.ParseQuantity(text)
				oversized := oversizedQuantity([]byte(text))
				switch takes := pattern.MatchString(text); {
				case takes && err != nil:
					t.Errorf("the pattern takes %q, which Go does not: %v", text, err)
				case takes && oversized != "":
					t.Errorf("the pattern takes %q: %s", text, oversized)
				case !takes && ofControllerGen.MatchString(text) && err == nil && oversized == "":
					t.Errorf("the pattern does not take %q, which is no larger than others", text)
				}
			}
		}
	}
}

// reference counts as Check does, by the standard library.
func reference(value any) (values, depth, items int) {
	values = 1
	visit := func(inner any) {
		v, d, i := reference(inner)
		values, depth, items = values+v, max(depth, d), max(items, i)
	}
	switch value := value.(type) {
	case map[string]any:
		for _, inner := range value {
			visit(inner)
		}
		return values, depth + 1, max(items, len(value))
	case []any:
		for _, inner := range value {
			visit(inner)
		}
		return values, depth + 1, max(items, len(value))
	}
	return values, 0, 0
}

// FuzzCheck holds Check against the standard library, which takes the same for JSON, and decodes what Check lets through.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{sandbox(`"1e-9"`), sandbox(`"1e-900000000"`), nested(3), list(3, "{}"), ` {"a" : [1,"\"\\",null]} `, `{"a":1,"a":2}`, "[", `"`, `{"a"}`, "\x00"} {
		f.Add([]byte(seed))
	}
	shape := ShapeOf[sandboxv1.Sandbox]()
	f.Fuzz(func(t *testing.T, raw []byte) {
		err := Check(raw, shape)
		var value any
		if json.Unmarshal(raw, &value) != nil {
			return
		}
		values, depth, items := reference(value)
		within := values <= MaxValues && depth <= MaxDepth && items <= MaxItems && len(raw) <= MaxBytes
		switch {
		case err == nil && !within && !strings.Contains(string(raw), "managedFields"):
			t.Fatalf("taken, with %d values, %d levels, %d items: %.200q", values, depth, items, raw)
		case err != nil && strings.Contains(err.Detail, "no JSON"):
			t.Fatalf("%v: %.200q", err, raw)
		case err == nil: // Ends, or the fuzzer says that it hangs.
			_ = json.Unmarshal(raw, &sandboxv1.Sandbox{})
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	shape := ShapeOf[sandboxv1.Sandbox]()
	for _, containers := range []int{1, 10, 100, 1000} {
		one := `{"name":"a","image":"registry.example.com/team/image@sha256:0123456789abcdef","env":[{"name":"A","value":"` +
			strings.Repeat("x", 1000) + `"}],"resources":{"limits":{"cpu":"500m","memory":"1Gi"},"requests":{"cpu":"500m"}}}`
		raw := []byte(`{"spec":{"podTemplate":{"spec":{"containers":` + list(containers, one) + `}}}}`)
		b.Run(strconv.Itoa(len(raw)), func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if err := Check(raw, shape); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Nothing that anybody applies is near a bound.
func TestOrdinaryObjectsPass(t *testing.T) {
	raw, err := json.Marshal(sandboxv1.Sandbox{Spec: sandboxv1.SandboxSpec{SandboxBlueprint: sandboxv1.SandboxBlueprint{PodTemplate: sandboxv1.PodTemplate{
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "a", Resources: corev1.ResourceRequirements{
			Limits: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("0.5"), corev1.ResourceMemory: resource.MustParse("1.5Gi")},
		}}}},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	var none *field.Error
	if diff := cmp.Diff(none, Check(raw, ShapeOf[sandboxv1.Sandbox]())); diff != "" {
		t.Error(diff)
	}
}
