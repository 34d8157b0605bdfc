package images

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func example(t *testing.T) Image {
	t.Helper()
	dir := t.TempDir()
	for path, mode := range map[string]fs.FileMode{"program": 0o755, "tree/a": 0o600, "tree/sub/b": 0o644} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(path), mode); err != nil {
			t.Fatal(err)
		}
	}
	return Image{
		Name: "localhost/example:1",
		Files: []File{
			{Path: "/bin/program", Source: filepath.Join(dir, "program")},
			{Path: "/bin/alias", Link: "program"},
			{Path: "/etc/tree", Source: filepath.Join(dir, "tree")},
		},
		Entrypoint: []string{"/bin/program"},
		User:       "65532",
	}
}

func TestAnImageHoldsItsFiles(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "image.tar")
	if err := example(t).Write(archive); err != nil {
		t.Fatal(err)
	}
	image, err := tarball.ImageFromPath(archive, nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.OS != "linux" || config.Config.User != "65532" || !slices.Equal(config.Config.Entrypoint, []string{"/bin/program"}) {
		t.Errorf("the configuration is %+v", config)
	}
	content := mutate.Extract(image)
	defer content.Close()
	got := map[string]fs.FileMode{}
	for reader := tar.NewReader(content); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got[header.Name] = header.FileInfo().Mode()
	}
	want := map[string]fs.FileMode{
		"tmp": fs.ModeDir | fs.ModeSticky | 0o777, "bin": fs.ModeDir | 0o755, "bin/program": 0o755, "bin/alias": fs.ModeSymlink | 0o777,
		"etc": fs.ModeDir | 0o755, "etc/tree": fs.ModeDir | 0o755, "etc/tree/a": 0o644,
		"etc/tree/sub": fs.ModeDir | 0o755, "etc/tree/sub/b": 0o644,
	}
	for path, mode := range want {
		if got[path] != mode {
			t.Errorf("%s is %s, want %s", path, got[path], mode)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
}

func TestTheSameFilesMakeTheSameImage(t *testing.T) {
	var contents [2][]byte
	for i := range contents {
		archive := filepath.Join(t.TempDir(), "image.tar")
		if err := example(t).Write(archive); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		contents[i] = content
	}
	if !bytes.Equal(contents[0], contents[1]) {
		t.Error("two archives of the same files differ")
	}
}

func TestANameMustBeWhole(t *testing.T) {
	image := example(t)
	image.Name = "example"
	if err := image.Write(filepath.Join(t.TempDir(), "image.tar")); err == nil {
		t.Error("a short name is taken, which stands for one of a registry")
	}
}
