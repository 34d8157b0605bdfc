package rules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestFirstCauses(t *testing.T) {
	path := field.NewPath("spec", "env")
	of := func(n int) field.ErrorList {
		var errs field.ErrorList
		for i := range n {
			errs = append(errs, field.Required(path.Index(i), "a name"))
		}
		return errs
	}
	long := strings.Repeat("a", 10000)
	short := strings.Repeat("a", causeLimit-3) + "..."
	for name, tc := range map[string]struct {
		errs, want field.ErrorList
		rest       int
	}{
		"nothing is wrong":             {},
		"as many as are named":         {errs: of(MaxCauses), want: of(MaxCauses)},
		"one more":                     {errs: of(MaxCauses + 1), want: of(MaxCauses), rest: 1},
		"a hundred thousand":           {errs: of(100000), want: of(MaxCauses), rest: 100000 - MaxCauses},
		"a long value and a long text": {errs: field.ErrorList{field.Invalid(path, long, long)}, want: field.ErrorList{field.Invalid(path, short, short)}},
		"a long key":                   {errs: field.ErrorList{field.Forbidden(path.Key(long), "a")}, want: field.ErrorList{{Type: field.ErrorTypeForbidden, Field: "spec.env[" + short[9:], BadValue: "", Detail: "a"}}},
		"a value that is a number":     {errs: field.ErrorList{field.Invalid(path, 1, "a")}, want: field.ErrorList{field.Invalid(path, 1, "a")}},
		"the rule of an error stays":   {errs: of(1).WithOrigin("a"), want: of(1).WithOrigin("a")},
	} {
		t.Run(name, func(t *testing.T) {
			got, rest := FirstCauses(tc.errs)
			if diff := cmp.Diff(tc.want, got); diff != "" || rest != tc.rest {
				t.Errorf("rest %d, want %d (-want +got):\n%s", rest, tc.rest, diff)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	var errs field.ErrorList
	for i := range 1000 {
		errs = append(errs, field.Required(field.NewPath("env").Index(i), ""))
	}
	if got := describe(errs); !strings.HasPrefix(got, "[env[0]: Required value, ") || !strings.HasSuffix(got, "], and 976 more") {
		t.Errorf("got %q", got)
	}
	if got := describe(errs[:1]); got != "env[0]: Required value" {
		t.Errorf("got %q", got)
	}
}
