package conformance_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/namesake-sandbox/namesake/internal/conformance"
	"github.com/namesake-sandbox/namesake/test/reference"
)

type (
	crd    = apiextensionsv1.CustomResourceDefinition
	schema = apiextensionsv1.JSONSchemaProps
)

// definitions returns agent-sandbox's own, by kind.
func definitions(t *testing.T) map[string]*crd {
	t.Helper()
	built, err := reference.CRDs()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*crd{}
	for _, one := range built {
		all[one.Spec.Names.Kind] = one
	}
	return all
}

// broken returns what does not hold, by check.
func broken(results []conformance.Result) map[string]string {
	reasons := map[string]string{}
	for _, r := range results {
		if r.Verdict != conformance.Holds {
			reasons[r.ID] = r.Reason
		}
	}
	return reasons
}

func TestAgentSandboxHolds(t *testing.T) {
	all := definitions(t)
	for _, kind := range conformance.Kinds() {
		results := conformance.CheckSchema(&kind, all[kind.Kind])
		if diff := cmp.Diff(map[string]string{}, broken(results)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind.Kind, diff)
		}
		var checks []conformance.Check
		for _, r := range results {
			checks = append(checks, r.Check)
		}
		if diff := cmp.Diff(conformance.SchemaChecks(&kind), checks); diff != "" {
			t.Errorf("%s: checks that are listed and made (-want +got):\n%s", kind.Kind, diff)
		}
	}
}

// at calls change with the schema of a path below parent, without lists in it.
func at(parent *schema, path string, change func(*schema)) {
	step, rest, more := strings.Cut(path, ".")
	child := parent.Properties[step]
	if more {
		at(&child, rest, change)
	} else {
		change(&child)
	}
	parent.Properties[step] = child
}

func TestWhatDiffersDoesNotHold(t *testing.T) {
	root := func(c *crd) *schema { return c.Spec.Versions[0].Schema.OpenAPIV3Schema }
	field := func(path string, change func(*schema)) func(*crd) {
		return func(c *crd) { at(root(c), path, change) }
	}
	for name, tc := range map[string]struct {
		kind   string
		change func(*crd)
		want   map[string]string
	}{
		"a field is gone": {
			"Sandbox", field("status", func(s *schema) { delete(s.Properties, "serviceFQDN") }),
			map[string]string{"SandboxFields": "status.serviceFQDN is missing"},
		},
		"another type": {
			"Sandbox", field("spec.service", func(s *schema) { s.Type = "string" }),
			map[string]string{"SandboxFields": `spec.service has type "string" instead of "boolean"`},
		},
		"another default": {
			"SandboxWarmPool", field("spec.replicas", func(s *schema) { s.Default.Raw = []byte("2") }),
			map[string]string{"SandboxWarmPoolFields": "spec.replicas has default 2 instead of 1"},
		},
		"a value less": {
			"Sandbox", field("spec.operatingMode", func(s *schema) { s.Enum = s.Enum[:1] }),
			map[string]string{"SandboxFields": "spec.operatingMode does not take Suspended"},
		},
		"a value more": {
			"Sandbox", field("spec.operatingMode", func(s *schema) {
				s.Enum = append(s.Enum, apiextensionsv1.JSON{Raw: []byte(`"Paused"`)})
			}),
			map[string]string{},
		},
		"values at all": {
			"Sandbox", field("status.nodeName", func(s *schema) { s.Enum = []apiextensionsv1.JSON{{Raw: []byte(`1`)}} }),
			map[string]string{"SandboxFields": "status.nodeName takes only 1"},
		},
		"another merge": {
			"SandboxClaim", field("spec.env", func(s *schema) { s.XListType = new("map") }),
			map[string]string{"SandboxClaimFields": `spec.env is merged as "map" instead of "atomic"`},
		},
		"a higher minimum": {
			"SandboxWarmPool", field("spec.replicas", func(s *schema) { s.Minimum = new(1.0) }),
			map[string]string{"SandboxWarmPoolFields": "spec.replicas takes 1 at least, instead of 0"},
		},
		"an optional field is required": {
			"Sandbox", field("spec", func(s *schema) { s.Required = append(s.Required, "service") }),
			map[string]string{"SandboxFields": "spec.service is required"},
		},
		"a required field is optional": {"Sandbox", field("spec", func(s *schema) { s.Required = nil }), map[string]string{}},
		"a new field is required": {
			"Sandbox", field("spec", func(s *schema) {
				s.Properties["owner"] = schema{Type: "string"}
				s.Required = append(s.Required, "owner")
			}),
			map[string]string{"SandboxFields": "spec.owner is required, and clients do not know it"},
		},
		"a new object has a required field": {
			"Sandbox", field("spec", func(s *schema) {
				s.Properties["owner"] = schema{Type: "object", Properties: map[string]schema{"name": {Type: "string"}}, Required: []string{"name"}}
			}),
			map[string]string{},
		},
		"no schema": {
			"SandboxTemplate", func(c *crd) { c.Spec.Versions[0].Schema = nil },
			map[string]string{"SandboxTemplateFields": "it has no schema"},
		},
		"a column is gone": {
			"SandboxWarmPool", func(c *crd) {
				c.Spec.Versions[0].AdditionalPrinterColumns = c.Spec.Versions[0].AdditionalPrinterColumns[1:]
			},
			map[string]string{"SandboxWarmPoolColumns": `the column "Ready integer .status.readyReplicas" is missing`},
		},
		"a subresource is gone": {
			"Sandbox", func(c *crd) { c.Spec.Versions[0].Subresources = nil },
			map[string]string{"SandboxSubresources": `the subresource "status" is missing`},
		},
		"scale without a selector": {
			"SandboxWarmPool", func(c *crd) { c.Spec.Versions[0].Subresources.Scale.LabelSelectorPath = nil },
			map[string]string{"SandboxWarmPoolSubresources": "scale is by .spec.replicas, .status.replicas instead of " +
				".spec.replicas, .status.replicas, .status.selector"},
		},
		"a short name is gone": {
			"SandboxWarmPool", func(c *crd) { c.Spec.Names.ShortNames = nil },
			map[string]string{"SandboxWarmPoolServed": `the short name "swp" is missing`},
		},
		"in no namespace": {
			"SandboxTemplate", func(c *crd) { c.Spec.Scope = apiextensionsv1.ClusterScoped },
			map[string]string{"SandboxTemplateServed": "it is not in namespaces"},
		},
		"another version": {
			"SandboxTemplate", func(c *crd) { c.Spec.Versions[0].Name = "v1alpha1" },
			map[string]string{
				"SandboxTemplateServed": "the CustomResourceDefinition sandboxtemplates.extensions.agents.x-k8s.io does not serve v1beta1",
				"SandboxTemplateFields": "the CustomResourceDefinition sandboxtemplates.extensions.agents.x-k8s.io does not serve v1beta1",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := definitions(t)[tc.kind]
			tc.change(c)
			if diff := cmp.Diff(tc.want, broken(conformance.CheckSchema(kind(t, tc.kind), c))); diff != "" {
				t.Errorf("what does not hold (-want +got):\n%s", diff)
			}
		})
	}
}

func kind(t *testing.T, name string) *conformance.Kind {
	t.Helper()
	all := conformance.Kinds()
	return &all[slices.IndexFunc(all, func(k conformance.Kind) bool { return k.Kind == name })]
}

func TestAClusterWithoutTheDefinition(t *testing.T) {
	want := "the CustomResourceDefinition sandboxes.agents.x-k8s.io does not exist"
	got := broken(conformance.CheckSchema(kind(t, "Sandbox"), nil))
	for _, id := range []string{"SandboxServed", "SandboxFields", "SandboxColumns", "SandboxSubresources"} {
		if got[id] != want {
			t.Errorf("%s: %q, want %q", id, got[id], want)
		}
	}
	if len(slices.Collect(maps.Keys(got))) != 4 {
		t.Errorf("%d checks do not hold, want 4", len(got))
	}
}

func TestOverall(t *testing.T) {
	held, broken, untried := conformance.Held(), conformance.Broken("a"), conformance.Untried("b")
	for name, tc := range map[string]struct {
		outcomes []conformance.Outcome
		want     conformance.Verdict
	}{
		"nothing was tried":       {nil, conformance.NotTried},
		"everything holds":        {[]conformance.Outcome{held, held}, conformance.Holds},
		"something was not tried": {[]conformance.Outcome{held, untried}, conformance.NotTried},
		"something does not hold": {[]conformance.Outcome{held, untried, broken, held}, conformance.DoesNotHold},
	} {
		t.Run(name, func(t *testing.T) {
			var results []conformance.Result
			for _, o := range tc.outcomes {
				results = append(results, conformance.Result{Outcome: o})
			}
			if got := conformance.Overall(results); got != tc.want {
				t.Errorf("overall %q, want %q", got, tc.want)
			}
		})
	}
}

func TestLinesRefusesUnknownKeys(t *testing.T) {
	_, err := conformance.Lines[conformance.Kind]([]byte("{\"kind\": \"a\"}\n{\"colour\": \"red\"}\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
		t.Errorf("error %v, want one of line 2", err)
	}
}
