package mending

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func TestMain(m *testing.M) { suite.Main(m, suite.Options{}) }

const pod = "podTemplate: {spec: {containers: [{name: main, image: python:3.13-slim"

// stored are objects that Go does not read, and what mends them.
var stored = map[string]struct{ kind, bad, good string }{
	"a-port":              {"Sandbox", pod + ", livenessProbe: {httpGet: {port: 3000000000}}}]}}", pod + "}]}}"},
	"a-quantity":          {"Sandbox", pod + ", resources: {limits: {cpu: '1e1.5'}}}]}}", pod + ", resources: {limits: {cpu: '1'}}}]}}"},
	"a-templates-port":    {"SandboxTemplate", pod + ", livenessProbe: {httpGet: {port: 3000000000}}}]}}", pod + "}]}}"},
	"a-templates-divisor": {"SandboxTemplate", pod + "}], overhead: {cpu: '1e1.5'}}}", pod + "}]}}"},
	"a-claims-volume": {
		"SandboxClaim", "warmPoolRef: {name: a}, volumeClaimTemplates: [{metadata: {name: v}, spec: {resources: {requests: {storage: '1e1.5'}}}}]",
		"warmPoolRef: {name: a}, volumeClaimTemplates: [{metadata: {name: v}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]",
	},
	"a-claims-time":  {"SandboxClaim", "warmPoolRef: {name: a}, lifecycle: {shutdownTime: tomorrow}", "warmPoolRef: {name: a}"},
	"a-pools-number": {"SandboxWarmPool", "replicas: 3000000000, sandboxTemplateRef: {name: a}", "replicas: 0, sandboxTemplateRef: {name: b}"},
}

func TestMending(t *testing.T) {
	n := suite.New(t)
	back := takeAway(t, n)
	for name, tc := range stored {
		for _, name := range []string{name, name + "-deleted"} {
			suite.Await(t, "the schema is away", func() bool { return isStored(n.Admin.Create(t.Context(), object(t, n, tc.kind, name, tc.bad))) })
		}
	}
	back()
	for name, tc := range stored {
		t.Run(name, func(t *testing.T) {
			is := object(t, n, tc.kind, name, tc.bad)
			if err := n.Editor.Get(t.Context(), client.ObjectKeyFromObject(is), is); err != nil {
				t.Fatal(err)
			}
			mended := is.DeepCopy()
			mended.Object["spec"] = object(t, n, tc.kind, name, tc.good).Object["spec"]
			if tc.kind == "Sandbox" { // What can be read of the old one is still held against the new one.
				reserved := mended.DeepCopy()
				reserved.SetLabels(map[string]string{sandboxv1.LabelClaimUID: "1"})
				if err := n.Editor.Update(t.Context(), reserved); !apierrors.IsForbidden(err) {
					t.Errorf("with a reserved label: %v", err)
				}
			}
			if err := n.Editor.Update(t.Context(), mended); err != nil {
				t.Errorf("it cannot be mended: %v", err)
			}
			if err := n.Editor.Delete(t.Context(), object(t, n, tc.kind, name+"-deleted", tc.bad)); err != nil {
				t.Errorf("it cannot be deleted: %v", err)
			}
		})
	}
}

func isStored(err error) bool { return err == nil || apierrors.IsAlreadyExists(err) }

// object returns an object of a kind with a spec in YAML.
func object(t *testing.T, n *suite.Namespace, kind, name, spec string) *unstructured.Unstructured {
	t.Helper()
	fields := map[string]any{}
	if err := yaml.Unmarshal([]byte("{"+spec+"}"), &fields); err != nil {
		t.Fatal(err)
	}
	group := "extensions.agents.x-k8s.io"
	if kind == "Sandbox" {
		group = "agents.x-k8s.io"
	}
	o := cluster(group+"/v1beta1", kind, name)
	o.Object["spec"] = fields
	o.SetNamespace(n.Name)
	return o
}

func cluster(version, kind, name string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{}}
	o.SetAPIVersion(version)
	o.SetKind(kind)
	o.SetName(name)
	return o
}

// takeAway takes the webhooks away, and what the schemas say, and returns a function that brings all of it back.
func takeAway(t *testing.T, n *suite.Namespace) (back func()) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var again []func()
	for _, kind := range []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"} {
		hooks := cluster("admissionregistration.k8s.io/v1", kind, "namesake")
		must(n.Admin.Get(t.Context(), client.ObjectKeyFromObject(hooks), hooks))
		must(n.Admin.Delete(t.Context(), hooks.DeepCopy()))
		hooks.SetResourceVersion("")
		hooks.SetUID("")
		again = append(again, func() { must(n.Admin.Create(t.Context(), hooks)) })
	}
	for _, name := range []string{"sandboxes.agents", "sandboxclaims.extensions.agents", "sandboxtemplates.extensions.agents", "sandboxwarmpools.extensions.agents"} {
		crd := cluster("apiextensions.k8s.io/v1", "CustomResourceDefinition", name+".x-k8s.io")
		must(n.Admin.Get(t.Context(), client.ObjectKeyFromObject(crd), crd))
		shipped := crd.DeepCopy()
		for _, version := range crd.Object["spec"].(map[string]any)["versions"].([]any) {
			delete(version.(map[string]any), "subresources")
			version.(map[string]any)["schema"] = map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}}
		}
		must(n.Admin.Update(t.Context(), crd))
		again = append(again, func() {
			must(n.Admin.Get(t.Context(), client.ObjectKeyFromObject(crd), crd))
			crd.Object["spec"] = shipped.Object["spec"]
			must(n.Admin.Update(t.Context(), crd))
		})
	}
	return func() {
		t.Helper()
		for _, do := range again {
			do()
		}
		for name, tc := range stored {
			suite.Await(t, "the schema is back", func() bool {
				err := n.Editor.Create(t.Context(), object(t, n, tc.kind, name+"-new", tc.bad), client.DryRunAll)
				return apierrors.IsInvalid(err) && !strings.Contains(err.Error(), "admission webhook")
			})
		}
		suite.Await(t, "the webhooks are back", func() bool {
			owned := builder.MakeSandbox("owned").Namespace(n.Name).Pool(builder.MakePool("p").Obj()).Obj()
			return apierrors.IsForbidden(n.Editor.Create(t.Context(), owned, client.DryRunAll))
		})
	}
}
