package layout

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	module = "github.com/namesake-sandbox/namesake/"
	// root is the repository.
	root = "../.."
)

// pkg is what "go list" prints of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Module     *struct{ Path string }
}

// list returns the packages that "go list" prints for args, run in the repository.
func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports,Module"}, args...)...)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []pkg
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// layers are the folders of the product from the bottom up. A package imports only what is below it, and what allowed says
// of its own layer.
var layers = [][]string{
	{"api/"},
	{"internal/rules"},
	{"internal/limits"},
	{
		"internal/audit", "internal/candidates", "internal/conformance", "internal/going", "internal/metrics", "internal/policy", "internal/queue",
		"internal/tracing", "internal/unreadable", "internal/yield",
	},
	{"webhooks", "controllers"},
	{"cmd/"},
}

// layer returns the number of the layer that a package of this module is in, or -1.
func layer(path string) int {
	return slices.IndexFunc(layers, func(folders []string) bool {
		return slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(path, folder) })
	})
}

// Imports run one way: api, internal/rules, internal/limits, the other internal packages, webhooks and controllers, cmd.
func TestImportsRunOneWay(t *testing.T) {
	for _, p := range list(t, "./api/...", "./internal/...", "./webhooks/...", "./controllers/...", "./cmd/...") {
		path := strings.TrimPrefix(p.ImportPath, module)
		own := layer(path)
		if own < 0 {
			t.Errorf("%s is in no layer: add its folder to layers, and a rule to depguard in .golangci.yaml", path)
			continue
		}
		for _, imported := range p.Imports {
			below, ok := strings.CutPrefix(imported, module)
			if !ok {
				continue
			}
			switch at := layer(below); {
			case at < 0:
				t.Errorf("%s imports %s, which is no part of the product", path, below)
			case at > own:
				t.Errorf("%s imports %s, which is above it", path, below)
			case at == own && !mayImportBeside(path, below):
				t.Errorf("%s imports %s, which is beside it", path, below)
			}
		}
	}
}

// mayImportBeside reports whether a package may import another one of its layer: api and cmd their own subfolders, the assembly
// of controllers every controller, and each controller what they share.
func mayImportBeside(path, imported string) bool {
	switch {
	case strings.HasPrefix(path, "api/"), strings.HasPrefix(path, "cmd/"):
		return true
	case path == "controllers":
		return strings.HasPrefix(imported, "controllers/")
	case strings.HasPrefix(path, "controllers/"):
		return strings.HasPrefix(imported, "controllers/internal/")
	}
	return false
}

// Whoever imports the API's types gets these modules with them, and no others. The package comments of api say so.
func TestWhatTheAPIDependsOn(t *testing.T) {
	want := []string{
		"github.com/fxamacker/cbor/v2", "github.com/go-logr/logr", "github.com/json-iterator/go", "github.com/modern-go/concurrent",
		"github.com/modern-go/reflect2", "github.com/x448/float16", "go.yaml.in/yaml/v2", "golang.org/x/net", "golang.org/x/text",
		"gopkg.in/inf.v0", "k8s.io/api", "k8s.io/apimachinery", "k8s.io/klog/v2", "k8s.io/kube-openapi", "k8s.io/utils",
		"sigs.k8s.io/json", "sigs.k8s.io/randfill", "sigs.k8s.io/structured-merge-diff/v6",
	}
	var got []string
	for _, p := range list(t, "-deps", "./api/...") {
		if p.Module != nil && p.Module.Path+"/" != module {
			got = append(got, p.Module.Path)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Errorf("modules that api needs (-want +got):\n%s", diff)
	}
	for _, p := range list(t, "./api/...") {
		for _, imported := range p.Imports {
			own := strings.HasPrefix(imported, module+"api/")
			if strings.Contains(imported, ".") && !own && !strings.HasPrefix(imported, "k8s.io/api/") && !strings.HasPrefix(imported, "k8s.io/apimachinery/") {
				t.Errorf("%s imports %s: the API imports k8s.io/api and k8s.io/apimachinery only", p.ImportPath, imported)
			}
		}
	}
}

// topFolders and topFiles are what the repository's top level has, besides files whose names begin with a dot and what git ignores.
var (
	topFolders = []string{"api", "charts", "cmd", "config", "controllers", "docs", "internal", "test", "webhooks"}
	topFiles   = []string{
		"CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "LICENSE", "Makefile", "README.md", "SECURITY.md", "go.mod", "go.sum",
	}
)

// The top level stays small: a new folder or file there is a decision. Only files that git has count.
func TestTheTopLevel(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "git", "ls-files")
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var gotFolders, gotFiles []string
	for line := range strings.Lines(string(out)) {
		name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "/")
		switch {
		case strings.HasPrefix(name, "."):
		case rest != "":
			gotFolders = append(gotFolders, name)
		default:
			gotFiles = append(gotFiles, name)
		}
	}
	for _, names := range [][]string{gotFolders, gotFiles} {
		slices.Sort(names)
	}
	if diff := cmp.Diff(topFolders, slices.Compact(gotFolders)); diff != "" {
		t.Errorf("folders of the top level (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(topFiles, slices.Compact(gotFiles)); diff != "" {
		t.Errorf("files of the top level (-want +got):\n%s", diff)
	}
}

// row is a line of the layout in docs/design.md: a package's folder, and what it is for.
var row = regexp.MustCompile("(?m)^\\| `([a-z0-9/_.-]+)` \\| (.+) \\|$")

// docs/design.md has a line for every folder that holds Go code, and none for one that is not there.
func TestTheMapIsTrue(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "design.md"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, match := range row.FindAllStringSubmatch(string(page), -1) {
		got = append(got, match[1])
	}
	want := folders(t)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packages in docs/design.md (-in the tree +on the page):\n%s", diff)
	}
}

// folders returns the folders that hold Go code, of every module, in order.
func folders(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", ".tools", "bin", "testdata"}, entry.Name()) {
			return fs.SkipDir
		}
		if !entry.IsDir() && strings.HasSuffix(path, ".go") {
			folder, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			found = append(found, filepath.ToSlash(folder))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return slices.Compact(found)
}
