package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOf(t *testing.T) {
	tables := [][]limit{{{"", 1}, {"env", 2}, {"podTemplate.env", 3}}, {{"env", 4}}}
	for name, tc := range map[string]struct {
		path string
		want int64
	}{
		"a field that no suffix names has the default": {"spec.args", 1},
		"a later table wins over the same suffix":      {"spec.env", 4},
		"the longest suffix wins":                      {"spec.podTemplate.env", 3},
		"a suffix is of whole names":                   {"spec.myenv", 1},
		"a suffix may be the whole path":               {"env", 4},
	} {
		t.Run(name, func(t *testing.T) {
			if got := of(tc.path, tables...); got != tc.want {
				t.Errorf("of(%q) = %d, want %d", tc.path, got, tc.want)
			}
		})
	}
}

const withoutBounds = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things
spec:
  group: ""
  names:
    kind: Thing
    plural: things
  scope: Namespaced
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
          spec:
            properties:
              cpu:
                anyOf:
                - type: integer
                - type: string
                pattern: .*
                x-kubernetes-int-or-string: true
              env:
                items:
                  type: string
                maxItems: 3
                type: array
              labels:
                additionalProperties:
                  type: string
                type: object
              mode:
                enum:
                - a
                type: string
              port:
                anyOf:
                - type: integer
                - type: string
                x-kubernetes-int-or-string: true
              replicas:
                format: int32
                minimum: 0
                type: integer
            type: object
        type: object
    served: true
    storage: true
`

func TestBound(t *testing.T) {
	got, err := bound([]byte(withoutBounds))
	if err != nil {
		t.Fatal(err)
	}
	var added []string
	before := strings.Split(withoutBounds, "\n")
	for line := range strings.SplitSeq(string(got), "\n") {
		if len(before) > 0 && line == before[0] {
			before = before[1:]
			continue
		}
		if key, _, _ := strings.Cut(strings.TrimSpace(line), " "); key == "pattern:" {
			before = before[1:] // It takes the place of the former.
		}
		added = append(added, strings.TrimSpace(line))
	}
	want := []string{
		`pattern: ^[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?$`,
		"maxLength: 4096", "maxLength: 63", "maxProperties: 256", "maxLength: 63", "maximum: 2147483647", "minimum: -2147483648",
		"maximum: 2147483647",
	}
	if diff := cmp.Diff(want, added); diff != "" {
		t.Errorf("added lines (-want +got):\n%s", diff)
	}
	again, err := bound(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), string(again)); diff != "" {
		t.Errorf("bounding it again changes it (-once +twice):\n%s", diff)
	}
}

func TestBoundRefuses(t *testing.T) {
	for name, field := range map[string]string{
		"a number without a format": "{type: number}",
		"what may be anything":      "{type: object, x-kubernetes-preserve-unknown-fields: true}",
	} {
		t.Run(name, func(t *testing.T) {
			crd := strings.Replace(withoutBounds, "spec:\n            properties:", "spec:\n            properties:\n              any: "+field, 1)
			if _, err := bound([]byte(crd)); err == nil || !strings.HasPrefix(err.Error(), "spec.any: ") {
				t.Errorf("want an error that names spec.any, got %v", err)
			}
		})
	}
}

// No line of the tables is for nothing.
func TestEverySuffixIsOfAField(t *testing.T) {
	files, err := filepath.Glob("../bases/*.yaml")
	if err != nil || len(files) != 4 {
		t.Fatalf("CRDs %v, %v", files, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, table := range [][]limit{items, itemsOfSandbox, entries, entriesOfSandbox, characters} {
		for _, l := range table {
			parts := strings.Split(strings.NewReplacer("[]", "", "{}", "").Replace(l.suffix), ".")
			if name := parts[len(parts)-1]; name != "" && !strings.Contains(all.String(), " "+name+":\n") {
				t.Errorf("no field is named as in %q", l.suffix)
			}
		}
	}
}
