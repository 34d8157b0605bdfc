package installation

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// config is the folder of the manifests.
const config = "../../../../config"

// shipped returns the CustomResourceDefinitions of this version, for the caller to change.
func shipped(t *testing.T) []apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	read, err := readShipped()
	if err != nil {
		t.Fatal(err)
	}
	all := make([]apiextensionsv1.CustomResourceDefinition, len(read))
	for i := range read {
		read[i].DeepCopyInto(&all[i])
	}
	return all
}

// readShipped reads them once: they are long.
var readShipped = sync.OnceValues(func() ([]apiextensionsv1.CustomResourceDefinition, error) {
	files, err := filepath.Glob(filepath.Join(config, "crd", "bases", "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("no definitions in " + config)
	}
	var all []apiextensionsv1.CustomResourceDefinition
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var definition apiextensionsv1.CustomResourceDefinition
		if err := yaml.Unmarshal(text, &definition); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, definition)
	}
	return all, nil
})

// The webhooks that are looked for are those of config/webhook.
func TestOwnWebhooks(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(config, "webhook", "manifests.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var configuration admissionv1.ValidatingWebhookConfiguration // The other kind has the same names.
		if err := yaml.Unmarshal(document, &configuration); err != nil {
			t.Fatal(err)
		}
		for _, webhook := range configuration.Webhooks {
			got = append(got, webhook.Name)
		}
	}
	var want []string
	for _, name := range ownWebhooks {
		want = append(want, name+ownNames)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("webhooks (-want +got):\n%s", diff)
	}
}

// A definition that lacks a field is told from one that has all.
func TestLackingFields(t *testing.T) {
	at := slices.IndexFunc(shipped(t), func(d apiextensionsv1.CustomResourceDefinition) bool { return d.Name == "sandboxes.agents.x-k8s.io" })
	schema := servedSchema(&shipped(t)[at])
	if lacking := lackingFields(schema, sandboxv1.Sandbox{}); len(lacking) > 0 {
		t.Errorf("the shipped definition lacks %q", lacking)
	}
	spec, status := schema.Properties["spec"], schema.Properties["status"]
	delete(spec.Properties, "operatingMode")
	delete(spec.Properties["podTemplate"].Properties["spec"].Properties["containers"].Items.Schema.Properties, "image")
	delete(status.Properties, "podUID")
	want := []string{"spec.operatingMode", "spec.podTemplate.spec.containers[].image", "status.podUID"}
	if diff := cmp.Diff(want, lackingFields(schema, sandboxv1.Sandbox{})); diff != "" {
		t.Errorf("lacking fields (-want +got):\n%s", diff)
	}
}
