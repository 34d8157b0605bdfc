package main

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// unzip unpacks an archive as an unzip program does: each file with its mode and time.
func unzip(t *testing.T, archive, dir string) {
	t.Helper()
	r, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, entry := range r.File {
		content, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, entry.Name)
		if err := os.WriteFile(name, data, entry.Mode()); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, entry.Modified, entry.Modified); err != nil {
			t.Fatal(err)
		}
	}
}
