package whole

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsInIt(t *testing.T) {
	v := number(t)
	want := []string{"SHA256SUMS", "crds.yaml", "install.yaml", "namesake.yaml", "namesake-" + v + ".tgz"}
	for _, name := range []string{
		"kubectl-namesake_v" + v + "_darwin_amd64.tar.gz", "kubectl-namesake_v" + v + "_darwin_arm64.tar.gz",
		"kubectl-namesake_v" + v + "_linux_amd64.tar.gz", "kubectl-namesake_v" + v + "_linux_arm64.tar.gz",
		"kubectl-namesake_v" + v + "_windows_amd64.zip", "kubectl-namesake_v" + v + "_windows_arm64.zip",
		"namesake_v" + v + "_image.tar",
		"namesake_v" + v + "_linux_amd64.tar.gz", "namesake_v" + v + "_linux_arm64.tar.gz",
	} {
		want = append(want, name, name+".spdx.json")
	}
	slices.Sort(want)
	var got []string
	entries, err := os.ReadDir(release(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// sha256sum finds every file but its own list, as the list has it.
func TestChecksums(t *testing.T) {
	out := run(t, release(t), nil, "sha256sum", "--check", "--strict", "SHA256SUMS")
	entries, err := os.ReadDir(release(t))
	if err != nil {
		t.Fatal(err)
	}
	if good := strings.Count(out, ": OK\n"); good != len(entries)-1 {
		t.Errorf("%d of %d files are in the list:\n%s", good, len(entries)-1, out)
	}
	t.Logf("sha256sum --check:\n%s", out)
}

// Another user, in another folder, with another time zone and language, gets the same release of the same source.
func TestTheSameBytes(t *testing.T) {
	elsewhere, out := filepath.Join(t.TempDir(), "a folder"), filepath.Join(t.TempDir(), "release")
	run(t, source, nil, "sh", "-c", `mkdir "$1" && tar --exclude=./bin -c . | tar -x -C "$1"`, "sh", elsewhere)
	env := []string{"TZ=Pacific/Auckland", "LC_ALL=C", "OUT=" + out}
	run(t, elsewhere, env, "sh", "-c", `umask 077; exec go -C test/release run . -source ../.. -dirty -version v1.2.3 -helm "$HELM" -out "$OUT"`)
	again, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(read(t, "SHA256SUMS")), "\n"), strings.Split(string(again), "\n")); diff != "" {
		t.Errorf("(-here +elsewhere):\n%s", diff)
	}
}

// Each archive has its program, for its platform, linked without C, and the licence.
func TestPrograms(t *testing.T) {
	for _, p := range programs(t) {
		t.Run(p.archive, func(t *testing.T) {
			files := unpack(t, p.archive)
			if len(files) != 2 || !bytes.Contains(files["LICENSE"], []byte("Apache License")) {
				t.Fatalf("it has %d files, and the licence begins %.20q", len(files), files["LICENSE"])
			}
			info, err := buildinfo.Read(bytes.NewReader(files[p.file]))
			if err != nil {
				t.Fatal(err)
			}
			settings := map[string]string{}
			for _, setting := range info.Settings {
				settings[setting.Key] = setting.Value
			}
			if settings["GOOS"] != p.os || settings["GOARCH"] != p.arch || settings["CGO_ENABLED"] != "0" || settings["-trimpath"] != "true" {
				t.Errorf("it is built with %v", settings)
			}
			if p.os == runtime.GOOS && p.arch == runtime.GOARCH {
				knowsItsVersion(t, p, files[p.file])
			}
		})
	}
}

// knowsItsVersion runs a program, and looks for the release's number in what it says.
func knowsItsVersion(t *testing.T, p program, content []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), p.file)
	if err := os.WriteFile(path, content, 0o700); err != nil {
		t.Fatal(err)
	}
	arg := "--version"
	if p.file == "kubectl-namesake" {
		arg = "version"
	}
	// Where no cluster answers, the plugin still tells its own version, and then what it could not ask.
	cmd := exec.CommandContext(t.Context(), path, arg)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if !strings.Contains(string(out), number(t)) {
		t.Errorf("%s %s: %v, prints %q", p.file, arg, err, out)
	}
}
