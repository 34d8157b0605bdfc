package main

import (
	"debug/buildinfo"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

const version = "1.2.3-test"

var (
	source   = filepath.Join("..", "..")
	platform = v1.Platform{OS: "linux", Architecture: runtime.GOARCH} // Another test has built it, too.
)

func TestTheSameSourceMakesTheSameImage(t *testing.T) {
	first, err := build(t.Context(), source, version, platform)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := copySource(t)
	second, err := build(t.Context(), elsewhere, version, platform)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := digest(t, first), digest(t, second); a != b {
		t.Errorf("built in another folder it is another image: %s, %s", a, b)
	}
	indexes := [2]v1.Hash{}
	for i, image := range []v1.Image{first, second} {
		if indexes[i], err = write(t.TempDir(), "namesake:"+version, []v1.Image{image}); err != nil {
			t.Fatal(err)
		}
	}
	if indexes[0] != indexes[1] {
		t.Errorf("the index of the same image differs: %v", indexes)
	}
}

func TestTheImage(t *testing.T) {
	image, err := build(t.Context(), source, version, platform)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := write(dir, "namesake:"+version, []v1.Image{image}); err != nil {
		t.Fatal(err)
	}
	t.Run("is whole in both forms", func(t *testing.T) {
		archived, err := tarball.ImageFromPath(filepath.Join(dir, "namesake-"+platform.Architecture+".tar"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Image(archived); err != nil {
			t.Error(err)
		}
		index, err := layout.ImageIndexFromPath(filepath.Join(dir, "oci"))
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Index(index); err != nil {
			t.Error(err)
		}
	})
	t.Run("holds one file, a static program that knows its version", func(t *testing.T) {
		root := unpack(t, image)
		entries, err := os.ReadDir(root)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != 1 || entries[0].Name() != program {
			t.Fatalf("it holds %v", entries)
		}
		binary := filepath.Join(root, program)
		output, err := exec.CommandContext(t.Context(), binary, "--version").CombinedOutput()
		if err != nil || strings.TrimSpace(string(output)) != version {
			t.Errorf("--version prints %q, %v", output, err)
		}
		info, err := buildinfo.ReadFile(binary)
		if err != nil {
			t.Fatal(err)
		}
		for _, setting := range info.Settings {
			if setting.Key == "CGO_ENABLED" && setting.Value != "0" {
				t.Error("it is linked with C")
			}
		}
	})
	t.Run("is not for root", func(t *testing.T) {
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.Config.User != user {
			t.Errorf("its user is %q", config.Config.User)
		}
	})
}

func digest(t *testing.T, image v1.Image) v1.Hash {
	t.Helper()
	hash, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// foldersOf returns the folders that the Dockerfile copies.
func foldersOf(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(source, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, pair := range regexp.MustCompile(`(?m)^COPY (\w+) (\w+)$`).FindAllStringSubmatch(string(content), -1) {
		if pair[1] != pair[2] {
			t.Errorf("the Dockerfile copies %s to %s", pair[1], pair[2])
		}
		folders = append(folders, pair[1])
	}
	return folders
}

// copySource copies what the Dockerfile copies.
func copySource(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	for _, folder := range foldersOf(t) {
		if err := os.CopyFS(filepath.Join(to, folder), os.DirFS(filepath.Join(source, folder))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(source, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, file), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// unpack writes the files of the image to a folder.
func unpack(t *testing.T, image v1.Image) string {
	t.Helper()
	dir := t.TempDir()
	files := mutate.Extract(image)
	defer files.Close()
	cmd := exec.CommandContext(t.Context(), "tar", "-x", "-C", dir)
	cmd.Stdin = files
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("unpacking: %v\n%s", err, output)
	}
	if _, err := os.Stat(filepath.Join(dir, "bin", "sh")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("there is a shell in it")
	}
	return dir
}
