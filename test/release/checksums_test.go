package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The lines are what sha256sum writes itself, which reads them as well.
func TestChecksums(t *testing.T) {
	dir := t.TempDir()
	files := map[string][]byte{"b.tar.gz": []byte("b"), "a.yaml": []byte("a"), "empty": nil}
	if err := write(dir, files); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sha256sum", "a.yaml", "b.tar.gz", "empty")
	cmd.Dir = dir
	want, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := checksums(files); !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What an earlier release left would look like part of this one.
func TestAFolderThatIsNotEmpty(t *testing.T) {
	dir := t.TempDir()
	for name, folder := range map[string]string{"empty": dir, "not there": filepath.Join(dir, "a", "b")} {
		if err := checkEmpty(folder); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "old"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(dir, nil); err == nil || !strings.Contains(err.Error(), "OUT=FOLDER") {
		t.Errorf("a folder with a file in it: %v", err)
	}
}
