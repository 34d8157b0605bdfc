// Package health says what tools that wait for objects say of them: kstatus itself, which helm and Flux have, and the checks that
// docs/operations.md gives to Argo CD and to Flux.
package health

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Read returns obj, whose kind is known, as the API server shows it to tools.
func Read(t *testing.T, c client.Client, obj client.Object) *unstructured.Unstructured {
	t.Helper()
	shown := &unstructured.Unstructured{}
	kinds, _, err := c.Scheme().ObjectKinds(obj)
	if err != nil {
		t.Fatal(err)
	}
	shown.SetGroupVersionKind(kinds[0])
	if err := c.Get(context.Background(), client.ObjectKeyFromObject(obj), shown); err != nil {
		t.Fatal(err)
	}
	return shown
}

// Kstatus returns what kstatus computes for obj: InProgress, Current, Failed or Terminating.
func Kstatus(t *testing.T, obj *unstructured.Unstructured) string {
	t.Helper()
	result, err := status.Compute(obj)
	if err != nil {
		t.Fatalf("kstatus of %s: %v", obj.GetName(), err)
	}
	return result.Status.String()
}

// snippets matches the indented blocks of YAML on the page.
var snippets = regexp.MustCompile("(?s)\n```yaml\n(.*?)\n```\n")

// snippet returns the block of YAML of the page that contains mark.
func snippet(t *testing.T, mark string) []byte {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root(t), "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range snippets.FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(match[1], mark) {
			return []byte(match[1])
		}
	}
	t.Fatalf("docs/operations.md has no block with %s", mark)
	return nil
}

// root returns the root of the repository, above the folder of the running test.
func root(t *testing.T) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for folder != filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		folder = filepath.Dir(folder)
	}
	t.Fatal("there is no go.mod above the test")
	return ""
}
