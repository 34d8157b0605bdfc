package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// root is the repository.
const root = "../.."

// annotation decodes an annotation of the chart, as Artifact Hub does, and refuses what it would not know.
func annotation[T any](t *testing.T, name string) T {
	t.Helper()
	var chart struct {
		AppVersion  string            `json:"appVersion"`
		Annotations map[string]string `json:"annotations"`
	}
	content, err := os.ReadFile(filepath.Join(root, "charts", "namesake", "Chart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, &chart); err != nil {
		t.Fatal(err)
	}
	var value T
	text := strings.ReplaceAll(chart.Annotations["artifacthub.io/"+name], "namesake:"+chart.AppVersion, "namesake:VERSION")
	if err := yaml.UnmarshalStrict([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return value
}

func TestArtifactHubKnowsTheCRDs(t *testing.T) {
	type crd struct{ Kind, Version, Name, DisplayName, Description string }
	want := map[string]string{}
	files, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		var definition struct {
			Metadata struct{ Name string }
			Spec     struct {
				Names    struct{ Kind string }
				Versions []struct{ Name string }
			}
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(content, &definition); err != nil {
			t.Fatal(err)
		}
		for _, version := range definition.Spec.Versions {
			want[definition.Metadata.Name+" "+version.Name] = definition.Spec.Names.Kind
		}
	}
	got := map[string]string{}
	for _, one := range annotation[[]crd](t, "crds") {
		got[one.Name+" "+one.Version] = one.Kind
		if one.DisplayName == "" || one.Description == "" {
			t.Errorf("%s has no display name, or no description", one.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("crds (-config +Chart.yaml):\n%s", diff)
	}
}

// Each example is one of the samples, which a test applies, and each kind has one.
func TestArtifactHubShowsSamples(t *testing.T) {
	var samples []any
	err := fs.WalkDir(os.DirFS(filepath.Join(root, "config", "samples")), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".yaml" {
			return err
		}
		content, err := os.ReadFile(filepath.Join(root, "config", "samples", name))
		if err != nil {
			return err
		}
		var sample any
		err = yaml.Unmarshal(content, &sample)
		samples = append(samples, sample)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, example := range annotation[[]map[string]any](t, "crdsExamples") {
		kinds[example["kind"].(string)] = true
		if !slices.ContainsFunc(samples, func(sample any) bool { return cmp.Equal(sample, any(example)) }) {
			t.Errorf("the example of %v is no sample", example["kind"])
		}
	}
	want := []string{"Sandbox", "SandboxClaim", "SandboxTemplate", "SandboxWarmPool"}
	if got := slices.Sorted(maps.Keys(kinds)); !slices.Equal(got, want) {
		t.Errorf("examples of %v, want %v", got, want)
	}
}

func TestArtifactHubNamesTheImage(t *testing.T) {
	type image struct {
		Name, Image string
		Platforms   []string
	}
	want := []image{{Name: "manager", Image: "namesake:VERSION", Platforms: []string{"linux/amd64", "linux/arm64"}}}
	if diff := cmp.Diff(want, annotation[[]image](t, "images")); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}
}

// What a link leads to is in the repository.
func TestArtifactHubLinks(t *testing.T) {
	links := annotation[[]struct{ Name, URL string }](t, "links")
	if len(links) == 0 {
		t.Error("there are none")
	}
	for _, link := range links {
		path, ours := strings.CutPrefix(link.URL, "https://github.com/namesake-sandbox/namesake/blob/main/")
		if _, err := os.Stat(filepath.Join(root, path)); !ours || err != nil {
			t.Errorf("%s leads to %s: %v", link.Name, link.URL, err)
		}
	}
}

// What is said to have changed is in the changelog, whose lines begin in the same words.
func TestArtifactHubToldChanges(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	changelog := strings.ReplaceAll(strings.Join(strings.Fields(string(content)), " "), "`", "")
	changelog = strings.ReplaceAll(changelog, "**", "")
	kinds := []string{"added", "changed", "deprecated", "removed", "fixed", "security"}
	changes := annotation[[]struct{ Kind, Description string }](t, "changes")
	if len(changes) == 0 {
		t.Error("there are none")
	}
	for _, change := range changes {
		if !slices.Contains(kinds, change.Kind) {
			t.Errorf("%q is no kind of change", change.Kind)
		}
		if words := change.Description; !strings.Contains(changelog, words) {
			t.Errorf("CHANGELOG.md does not say: %s", words)
		}
	}
}

// The licence is the one of the repository, and the version is said to be one before a release as long as it is.
func TestArtifactHubWords(t *testing.T) {
	if licence := annotation[string](t, "license"); licence != "Apache-2.0" {
		t.Errorf("the licence is %s", licence)
	}
	var chart struct{ Version string }
	content, err := os.ReadFile(filepath.Join(root, "charts", "namesake", "Chart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, &chart); err != nil {
		t.Fatal(err)
	}
	if prerelease := annotation[bool](t, "prerelease"); prerelease != strings.Contains(chart.Version, "-") {
		t.Errorf("prerelease is %t for %s", prerelease, chart.Version)
	}
}
