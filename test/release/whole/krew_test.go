package whole

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

// krewOnPath returns an environment in which kubectl finds krew, and krew the folder root, without an index.
func krewOnPath(t *testing.T) (root string, env []string) {
	t.Helper()
	programs := t.TempDir()
	if err := os.Symlink(filepath.Join(folder(t, "NAMESAKE_PROGRAMS"), "krew"), filepath.Join(programs, "kubectl-krew")); err != nil {
		t.Fatal(err)
	}
	root = t.TempDir()
	return root, []string{
		"KREW_ROOT=" + root, "PATH=" + filepath.Join(root, "bin") + ":" + programs + ":" + os.Getenv("PATH"), "KREW_NO_UPGRADE_CHECK=1",
	}
}

// By hand, as somebody with an archive and the manifest does: krew checks the archive's sum, unpacks it, copies the files, and links
// the program into the folder where kubectl finds it.
func TestKrewInstallsTheArchive(t *testing.T) {
	root, env := krewOnPath(t)
	archive := filepath.Join(release(t), "kubectl-namesake_v"+number(t)+"_"+runtime.GOOS+"_"+runtime.GOARCH+".tar.gz")
	manifest := filepath.Join(release(t), "namesake.yaml")
	t.Log(run(t, t.TempDir(), env, "kubectl", "krew", "install", "--manifest="+manifest, "--archive="+archive))
	if _, err := os.Lstat(filepath.Join(root, "bin", "kubectl-namesake")); err != nil {
		t.Error(err)
	}
	out := run(t, t.TempDir(), env, "kubectl", "namesake", "version")
	if !strings.Contains(out, number(t)) {
		t.Errorf("kubectl namesake version prints %q", out)
	}
	t.Logf("kubectl namesake version: %s", out)
}

// krew refuses an archive that is not the one of the manifest.
func TestKrewRefusesAnotherArchive(t *testing.T) {
	_, env := krewOnPath(t)
	other := filepath.Join(release(t), "namesake_v"+number(t)+"_"+runtime.GOOS+"_"+runtime.GOARCH+".tar.gz")
	manifest := filepath.Join(release(t), "namesake.yaml")
	out := run(t, t.TempDir(), env, "sh", "-c", `kubectl krew install --manifest="$1" --archive="$2" && exit 1; exit 0`, "sh", manifest, other)
	if !strings.Contains(out, "checksum") {
		t.Errorf("krew says:\n%s", out)
	}
}

// The program that judges what comes into krew's index: the manifest is valid, no platforms overlap, and the archive of each of them,
// downloaded from where the manifest says, is installed with its licence. The host is another here, and nothing else.
func TestTheManifestIsGoodForTheIndex(t *testing.T) {
	_, env := krewOnPath(t)
	var served atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		http.StripPrefix("/v"+number(t)+"/", http.FileServer(http.Dir(release(t)))).ServeHTTP(w, r)
	}))
	defer server.Close()
	content := regexp.MustCompile(`(?m)^( {4}uri: )https://.*(/v[^/]+/[^/]+)$`).ReplaceAll(read(t, "namesake.yaml"), []byte("${1}"+server.URL+"${2}"))
	manifest := filepath.Join(t.TempDir(), "namesake.yaml")
	if err := os.WriteFile(manifest, content, 0o600); err != nil {
		t.Fatal(err)
	}
	out := run(t, t.TempDir(), env, filepath.Join(folder(t, "NAMESAKE_PROGRAMS"), "validate-krew-manifest"), "-manifest", manifest)
	if want := "all 6 spec.platforms installed fine"; !strings.Contains(out, want) {
		t.Errorf("it does not say %q:\n%s", want, out)
	}
	if served.Load() != 6 {
		t.Errorf("it downloaded %d archives", served.Load())
	}
}
