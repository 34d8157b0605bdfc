package binaries

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The folder's name, its pin, and the versions of all staging modules are of one Kubernetes.
func TestOlderKubernetes(t *testing.T) {
	older, err := (&Builder{Source: source}).older()
	if err != nil || len(older) == 0 {
		t.Fatalf("there are %v: %v", older, err)
	}
	for _, minor := range older {
		b := &Builder{Source: source, Kubernetes: minor}
		if err := b.Check(); err != nil {
			t.Error(err)
		}
		versions, err := b.versions(t.Context(), modules)
		if err != nil {
			t.Fatal(err)
		}
		version := versions[kubernetes.path]
		if !strings.HasPrefix(version, "v"+minor+".") {
			t.Errorf("the folder of %s pins %s", minor, version)
		}
		if folder := versions.folder(modules); !strings.HasPrefix(folder, "k8s-"+minor+".") {
			t.Errorf("its programs are in %s", folder)
		}
		mustStage(t, b.dir(kubernetes), version)
	}
}

func TestTheNewestKubernetes(t *testing.T) {
	b := &Builder{Source: source}
	if got, want := b.dir(kubernetes), filepath.Join(source, "kubernetes"); got != want {
		t.Errorf("the folder is %s, want %s", got, want)
	}
	versions, err := b.versions(t.Context(), modules)
	if err != nil {
		t.Fatal(err)
	}
	mustStage(t, b.dir(kubernetes), versions[kubernetes.path])
}

func TestAnOlderKubernetesChangesNoOtherModule(t *testing.T) {
	newest, older := &Builder{Source: source}, &Builder{Source: source, Kubernetes: "1.30"}
	for _, m := range []module{etcd, kwok, helm, certManager, containerd} {
		if older.dir(m) != newest.dir(m) {
			t.Errorf("%s is in %s", m.path, older.dir(m))
		}
	}
}

func TestAKubernetesThatIsNotThere(t *testing.T) {
	for _, minor := range []string{"1.3", "1.30.14", "v1.30", "1.99", "../kubernetes"} {
		if err := (&Builder{Source: source, Kubernetes: minor}).Check(); err == nil || !strings.Contains(err.Error(), "1.30") {
			t.Errorf("%s: %v, which does not name what there is", minor, err)
		}
	}
}

// mustStage checks that the go.mod in dir replaces each staging module by the one of that version.
func mustStage(t *testing.T, dir, version string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	replaced := regexp.MustCompile(`(?m)^\t(\S+) => (\S+) (\S+)$`).FindAllStringSubmatch(string(content), -1)
	if len(replaced) < 30 {
		t.Errorf("%s replaces %d modules", dir, len(replaced))
	}
	for _, r := range replaced {
		if r[1] != r[2] || r[3] != "v0."+strings.TrimPrefix(version, "v1.") {
			t.Errorf("%s: %s, beside Kubernetes %s", dir, r[0], version)
		}
	}
}
