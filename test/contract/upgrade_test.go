package contract

import (
	"context"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/kubernetes"
)

// Objects that were stored before the rules and break them can still be labelled and given a status: a rule checks only what a
// write changes. Until 1.32, Kubernetes checks all with each status.
func TestStoredObjectsThatBreakTheRules(t *testing.T) {
	const looksBack = "a Sandbox whose Service cannot be" // Its rule compares with the object from before by itself.
	c := server(t)
	old := map[string]*unstructured.Unstructured{
		looksBack:                                  object(t, "Sandbox", "old.service", pod+service),
		"a Sandbox whose volumes cannot be":        object(t, "Sandbox", long(253), pod+claims("Data", "Data", "")),
		"a Sandbox without containers":             object(t, "Sandbox", "old-empty", "podTemplate: {spec: {containers: []}}"),
		"a claim on a pool without a name":         object(t, "SandboxClaim", "old-nameless", "warmPoolRef: {name: ''}"),
		"a claim whose volumes cannot be":          object(t, "SandboxClaim", long(253), pool+claims("Data", "Data", "")),
		"a claim with a variable without a name":   object(t, "SandboxClaim", "old-env", pool+"env: [{name: '', value: a}]"),
		"a template whose NetworkPolicy cannot be": object(t, "SandboxTemplate", long(253), pod+claims("Data", "Data", "")),
		"a pool of too many":                       object(t, "SandboxWarmPool", "old-many", "replicas: 20000\nsandboxTemplateRef: {name: python}"),
		"a pool of a template without a name":      object(t, "SandboxWarmPool", "old-nameless", "sandboxTemplateRef: {name: ''}"),
	}
	withoutRules(t, c, func() {
		for name, o := range old {
			eventually(t, name+" is stored while there are no rules", func(ctx context.Context) (bool, error) {
				err := c.Create(ctx, o)
				return err == nil, ignoreInvalid(err)
			})
		}
	})
	config, err := start()
	if err != nil {
		t.Fatal(err)
	}
	lenient := kubernetes.Has(t, config, "CRDValidationRatcheting of statuses", 33)
	for name, o := range old {
		t.Cleanup(func() {
			if err := c.Delete(context.Background(), o); err != nil {
				t.Error(err)
			}
		})
		eventually(t, "the rules are back for "+o.GetKind(), func(ctx context.Context) (bool, error) {
			fresh := o.DeepCopy()
			fresh.SetResourceVersion("")
			fresh.SetUID("")
			fresh.SetGenerateName("")
			fresh.SetName(o.GetName()[:len(o.GetName())-1] + "b")
			err := c.Create(ctx, fresh, client.DryRunAll)
			return apierrors.IsInvalid(err), ignoreInvalid(err)
		})
		t.Run(name, func(t *testing.T) {
			o.SetLabels(map[string]string{"team": "a"})
			if err := c.Update(t.Context(), o); err != nil {
				t.Errorf("labelling it: %v", err)
			}
			if o.GetKind() == "SandboxTemplate" {
				return
			}
			if err := unstructured.SetNestedField(o.Object, "a=b", "status", "selector"); err != nil {
				t.Fatal(err)
			}
			err := c.Status().Update(t.Context(), o)
			if may := lenient || name == looksBack; may && err != nil || !may && !apierrors.IsInvalid(err) {
				t.Errorf("writing its status, which this Kubernetes should allow: %t: %v", may, err)
			}
		})
	}
}

// withoutRules runs do while the CRDs in the API server have no CEL rules.
func withoutRules(t *testing.T, c client.Client, do func()) {
	t.Helper()
	shipped := readCRDs(t)
	for _, crd := range shipped {
		bare := crd.DeepCopy()
		dropRules(rootSchema(bare))
		replaceCRD(t, c, bare)
	}
	defer func() {
		for _, crd := range shipped {
			replaceCRD(t, c, crd)
		}
	}()
	do()
}

func replaceCRD(t *testing.T, c client.Client, crd *apiextensionsv1.CustomResourceDefinition) {
	t.Helper()
	eventually(t, "replacing the CRD "+crd.Name, func(ctx context.Context) (bool, error) {
		live := &apiextensionsv1.CustomResourceDefinition{}
		if err := c.Get(ctx, client.ObjectKeyFromObject(crd), live); err != nil {
			return false, err
		}
		live.Spec.Versions = crd.Spec.Versions
		err := c.Update(ctx, live)
		if apierrors.IsConflict(err) {
			return false, nil
		}
		return err == nil, err
	})
}

func dropRules(schema *jsonSchema) {
	schema.XValidations = nil
	for name, child := range schema.Properties {
		dropRules(&child)
		schema.Properties[name] = child
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		dropRules(schema.Items.Schema)
	}
}

func ignoreInvalid(err error) error {
	if apierrors.IsInvalid(err) {
		return nil
	}
	return err
}

// eventually waits until the API server uses a changed CRD.
func eventually(t *testing.T, what string, done wait.ConditionWithContextFunc) {
	t.Helper()
	if err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 30*time.Second, true, done); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
