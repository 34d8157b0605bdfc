package contract

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/namesake-sandbox/namesake/internal/conformance"
)

func TestKinds(t *testing.T) {
	crds := readCRDs(t)
	facts := conformance.Kinds()
	if len(crds) != len(facts) {
		t.Errorf("%d CRDs in %s, the contract has %d kinds", len(crds), crdFolder, len(facts))
	}
	for _, want := range facts {
		t.Run(want.Kind, func(t *testing.T) {
			crd := crds[want.Kind]
			if crd == nil {
				t.Fatalf("no CRD for kind %s in %s", want.Kind, crdFolder)
			}
			if len(crd.Spec.Versions) != 1 {
				t.Fatalf("has %d versions, want v1beta1 alone", len(crd.Spec.Versions))
			}
			version := crd.Spec.Versions[0]
			if version.Name != "v1beta1" || !version.Served || !version.Storage || version.Deprecated {
				t.Errorf("version %s: served %t, storage %t, deprecated %t; want v1beta1, served and stored", version.Name, version.Served, version.Storage, version.Deprecated)
			}
			if crd.Spec.Scope != apiextensionsv1.NamespaceScoped {
				t.Errorf("scope is %s, want Namespaced", crd.Spec.Scope)
			}
			if diff := cmp.Diff(want, conformance.KindOf(crd, &version)); diff != "" {
				t.Errorf("kind differs from the contract (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFields(t *testing.T) {
	expected := expectedFields(t)
	for kind, crd := range readCRDs(t) {
		t.Run(kind, func(t *testing.T) {
			found := conformance.Describe(kind, rootSchema(crd), expected)
			for _, problem := range compareFields(kind, expected, found) {
				t.Error(problem)
			}
		})
	}
}

// What "kubectl namesake conformance" compares holds here.
func TestOursConform(t *testing.T) {
	crds := readCRDs(t)
	for _, kind := range conformance.Kinds() {
		for _, result := range conformance.CheckSchema(&kind, crds[kind.Kind]) {
			if result.Verdict != conformance.Holds {
				t.Errorf("%s %s: %s", result.ID, result.Verdict, result.Reason)
			}
		}
	}
}

// compareFields returns where the fields of a kind differ from the expected ones.
func compareFields(kind string, expected, found map[fieldKey]fieldFact) []string {
	var problems []string
	paths := map[string]bool{}
	for key := range expected {
		paths[key.Path] = paths[key.Path] || key.Kind == kind
	}
	for key := range found {
		paths[key.Path] = true
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		want, wanted := expected[fieldKey{Kind: kind, Path: path}]
		got, ok := found[fieldKey{Kind: kind, Path: path}]
		switch {
		case wanted && !ok:
			problems = append(problems, kind+" "+path+": is in the contract and not in the CRD")
		case ok && !wanted:
			problems = append(problems, kind+" "+path+": is in the CRD and in neither fields.jsonl nor ours.jsonl")
		case ok && wanted:
			if diff := cmp.Diff(want, got); diff != "" {
				problems = append(problems, kind+" "+path+": differs from the contract (-want +got):\n"+diff)
			}
		}
	}
	return problems
}

// This removes every field of the contract once. The test above must notice.
func TestARemovedFieldIsNoticed(t *testing.T) {
	expected := expectedFields(t)
	for kind, crd := range readCRDs(t) {
		found := conformance.Describe(kind, rootSchema(crd), expected)
		for _, fact := range conformance.Fields() {
			if fact.Kind != kind || strings.HasSuffix(fact.Path, "[]") {
				continue
			}
			less := maps.Clone(found)
			delete(less, fact.Key())
			want := []string{kind + " " + fact.Path + ": is in the contract and not in the CRD"}
			if diff := cmp.Diff(want, compareFields(kind, expected, less)); diff != "" {
				t.Errorf("%s %s removed (-want +got):\n%s", kind, fact.Path, diff)
			}
		}
	}
}

func TestOursSaysWhy(t *testing.T) {
	for _, fact := range ours(t) {
		if fact.Why == "" {
			t.Errorf("%s %s: ours.jsonl departs from the contract and does not say why", fact.Kind, fact.Path)
		}
	}
}

// kubectl explain shows the descriptions. Each of them begins with the name of the field.
func TestDescriptions(t *testing.T) {
	expected := expectedFields(t)
	for kind, crd := range readCRDs(t) {
		for key := range conformance.Describe(kind, rootSchema(crd), expected) {
			if key.Path == "" || strings.HasSuffix(key.Path, "[]") {
				continue
			}
			parts := steps(key.Path)
			name := parts[len(parts)-1]
			if got := schemaAt(rootSchema(crd), key.Path).Description; !strings.HasPrefix(got, name+" ") || !strings.HasSuffix(got, ".") {
				t.Errorf("%s %s: description must begin with %q and end with a full stop: %q", kind, key.Path, name, got)
			}
		}
	}
}

// kubectl apply keeps the object that it applied in an annotation, and annotations are limited to 256 KiB. Larger CRDs would
// need server-side apply.
func TestSmallEnoughForKubectlApply(t *testing.T) {
	const limit = 256*1024 - 4*1024
	for kind, crd := range readCRDs(t) {
		data, err := json.Marshal(crd)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > limit {
			t.Errorf("%s: the CRD has %d bytes, kubectl apply takes %d: lower maxDescLen", kind, len(data), limit)
		}
	}
}

// steps splits a path such as a.b[].c into a, b, [], c.
func steps(path string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(path, "[]", ".[]"), func(r rune) bool { return r == '.' })
}
