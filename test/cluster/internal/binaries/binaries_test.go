package binaries

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEveryProgramCanBeBuilt(t *testing.T) {
	for _, name := range slices.Concat(All, Envtest, Node, []string{Helm}) {
		if _, err := find(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := find("kubeadm"); err == nil {
		t.Error("there is a program that nobody needs")
	}
}

func TestTheFolderNamesVersionsAndPlatform(t *testing.T) {
	versions := Versions{kubernetes.path: "v1.2.3", etcd.path: "v4.5.6", kwok.path: "v0.7.8"}
	want := "k8s-1.2.3-etcd-4.5.6-kwok-0.7.8-" + runtime.GOOS + "-" + runtime.GOARCH
	if got := versions.folder(modules); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStamp(t *testing.T) {
	got := stamp("v1.36.3")
	for _, want := range []string{
		"-X k8s.io/component-base/version.gitVersion=v1.36.3",
		"-X k8s.io/client-go/pkg/version.gitVersion=v1.36.3",
		"-X k8s.io/component-base/version.gitMajor=1 ",
		"-X k8s.io/client-go/pkg/version.gitMinor=36 ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

func TestMissing(t *testing.T) {
	dir := t.TempDir()
	touch(t, filepath.Join(dir, Etcd))
	touch(t, filepath.Join(dir, Kwok)) // Its stages are missing.
	missing, err := missingOf(dir, []string{Etcd, Kubectl, Kwok})
	if err != nil {
		t.Fatal(err)
	}
	if len(missing) != 2 || missing[0].name != Kubectl || missing[1].name != Kwok {
		t.Errorf("got %v", missing)
	}
}

func TestTheUsersOwnPrograms(t *testing.T) {
	own := filepath.Join(t.TempDir(), "my-etcd")
	touch(t, own)
	t.Setenv("TEST_ASSET_ETCD", own)
	t.Setenv("TEST_ASSET_KUBECTL", filepath.Join(t.TempDir(), "missing"))
	t.Setenv("TEST_ASSET_KUBE_APISERVER", "")
	if got := Path("bin", Etcd); got != own {
		t.Errorf("etcd is %s", got)
	}
	if got, want := Path("bin", Kubectl), filepath.Join("bin", Kubectl); got != want {
		t.Errorf("kubectl is %s, want %s", got, want)
	}
	if got, want := WithoutOwn([]string{Etcd, Kubectl, APIServer, Kwok}), []string{Kubectl, APIServer, Kwok}; !slices.Equal(got, want) {
		t.Errorf("to build are %v, want %v", got, want)
	}
}

func TestEnvtestAssets(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("KUBEBUILDER_ASSETS", dir)
	if got := EnvtestAssets(); got != "" {
		t.Errorf("an empty folder is taken: %s", got)
	}
	for _, name := range Envtest {
		touch(t, filepath.Join(dir, name))
	}
	if got := EnvtestAssets(); got != dir {
		t.Errorf("got %q", got)
	}
}

func TestLock(t *testing.T) {
	b := &Builder{Progress: io.Discard}
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := b.lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.lock(impatient, path); err == nil {
		t.Error("it was taken twice")
	}
	unlock()
	unlock, err = b.lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestVersionsAreRead(t *testing.T) {
	all := slices.Concat(modules, nodeModules, []module{helm, certManager})
	versions, err := (&Builder{Source: source}).versions(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if !strings.HasPrefix(versions[m.path], "v") {
			t.Errorf("the version of %s is %q", m.path, versions[m.path])
		}
	}
}

// source is the folder that holds the module folders.
var source = filepath.Join("..", "..")

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o755); err != nil {
		t.Fatal(err)
	}
}
