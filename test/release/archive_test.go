package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

var at = time.Date(2026, 11, 28, 2, 0, 0, 0, time.UTC)

// What people unpack archives with unpacks these, and the same files make the same bytes.
func TestPack(t *testing.T) {
	files := []file{{"LICENSE", 0o644, []byte("free")}, {"program", 0o755, []byte("#!/bin/sh\n")}}
	for name, unpack := range map[string][]string{
		"a.tar":    {"tar", "-xf"},
		"a.tar.gz": {"tar", "-xzf"},
		"a.zip":    nil,
	} {
		t.Run(name, func(t *testing.T) {
			first, err := pack(name, at, files)
			if err != nil {
				t.Fatal(err)
			}
			second, err := pack(name, at.In(time.FixedZone("elsewhere", 3600)), files)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first, second) {
				t.Error("the same files in another time zone make another archive")
			}
			dir := t.TempDir()
			archive := filepath.Join(dir, name)
			if err := os.WriteFile(archive, first, 0o600); err != nil {
				t.Fatal(err)
			}
			if unpack == nil {
				unzip(t, archive, dir)
			} else if out, err := exec.CommandContext(t.Context(), unpack[0], append(unpack[1:], archive, "-C", dir)...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, want := range files {
				content, err := os.ReadFile(filepath.Join(dir, want.name))
				if err != nil || !bytes.Equal(content, want.content) {
					t.Errorf("%s has %q, %v", want.name, content, err)
				}
				info, err := os.Stat(filepath.Join(dir, want.name))
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode() != want.mode || !info.ModTime().Equal(at) {
					t.Errorf("%s has mode %v and time %v", want.name, info.Mode(), info.ModTime())
				}
			}
		})
	}
}
