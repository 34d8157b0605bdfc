package plugin

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// An editor's report has what they may read of their namespace, says what they may not, and has no value of a variable.
func TestReport(t *testing.T) {
	n := inUse(t)
	secret := builder.MakeClaim("secret").Template("rust").Env("TOKEN", "S3CRET").Annotation("example.com/token", "S3CRET").Obj()
	suite.Create(t, n, n.Editor, secret)
	file := filepath.Join(t.TempDir(), "report.tar.gz")
	printed := n.Namesake(t, "report", "--file", file)
	if printed.Code != 0 || !strings.HasSuffix(printed.Out, "its README.txt says what is in it.\n") {
		t.Fatalf("it printed: %s", printed)
	}
	files := unpacked(t, file)
	var names []string
	for name, text := range files {
		names = append(names, name)
		if strings.Contains(text, "S3CRET") {
			t.Errorf("%s has the value of a variable or an annotation:\n%s", name, text)
		}
	}
	slices.Sort(names)
	want := []string{
		"README.txt", "events.yaml", "objects/networkpolicies.yaml", "objects/persistentvolumeclaims.yaml", "objects/pods.yaml",
		"objects/resourcequotas.yaml", "objects/sandboxclaims.yaml", "objects/sandboxes.yaml", "objects/sandboxtemplates.yaml",
		"objects/sandboxwarmpools.yaml", "objects/services.yaml", "versions.json",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for file, text := range map[string]string{
		"objects/sandboxclaims.yaml": "name: TOKEN\n", "objects/pods.yaml": "name: python-aaaaa\n", "objects/sandboxes.yaml": "name: runner\n",
		"README.txt": "nodes.yaml: you may not read nodes\n",
	} {
		if !strings.Contains(files[file], text) {
			t.Errorf("%s has no %q:\n%s", file, text, files[file])
		}
	}
	if again := n.Namesake(t, "report", "--file", file); again.Code != 2 || !strings.Contains(again.Err, "file exists") {
		t.Errorf("it writes over a file: %s", again)
	}
	if got := n.Namesake(t, "report", "--max-size", "much"); got.Code != 2 || got.Err != "error: --max-size is a size such as 100Mi; found \"much\"\n" {
		t.Errorf("a size that is none: %s", got)
	}
}

// unpacked returns the files of an archive, below its folder.
func unpacked(t *testing.T, path string) map[string]string {
	t.Helper()
	packed, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(io.LimitReader(reader, 10<<20))
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(header.Name, "namesake-report/")] = string(text)
	}
}
