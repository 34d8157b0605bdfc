package limits

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFind(t *testing.T) {
	paths := [][]string{{"spec", "podTemplate", "spec"}, {"spec", "volumeClaimTemplates"}}
	for name, tc := range map[string]struct {
		raw  string
		want []string
	}{
		"both":                   {`{"spec":{"podTemplate":{"metadata":{},"spec": {"a":[1]} },"volumeClaimTemplates":[{}]}}`, []string{`{"a":[1]}`, `[{}]`}},
		"neither":                {`{"spec":{"podTemplate":{"metadata":{"spec":{}}}},"volumeClaimTemplates":[{}]}`, []string{"", ""}},
		"in a list":              {`{"spec":[{"podTemplate":{"spec":{}}}]}`, []string{"", ""}},
		"deeper":                 {`{"spec":{"spec":{"podTemplate":{"spec":{}}}}}`, []string{"", ""}},
		"null":                   {`{"spec":{"podTemplate":{"spec":null},"volumeClaimTemplates":null}}`, []string{"null", "null"}},
		"the last of two":        {`{"spec":{"volumeClaimTemplates":[1],"volumeClaimTemplates":[2]}}`, []string{"", "[2]"}},
		"a name in another case": {`{"spec":{"VolumeClaimTemplates":[1]}}`, []string{"", ""}},
		"no object":              {``, []string{"", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			spans, err := Find([]byte(tc.raw), nil, paths...)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, span := range spans {
				got = append(got, string(span.Of([]byte(tc.raw))))
				if span.IsEmpty() != (got[len(got)-1] == "") {
					t.Errorf("%v is empty: %t", span, span.IsEmpty())
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
