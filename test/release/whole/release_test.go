package whole

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// source is the repository.
const source = "../../.."

// folder returns a folder that "make test-release" names in the environment.
func folder(t *testing.T, variable string) string {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		t.Fatalf("%s is not set: run \"make test-release\"", variable)
	}
	return dir
}

// release returns the folder of the release.
func release(t *testing.T) string {
	t.Helper()
	return folder(t, "NAMESAKE_RELEASE")
}

// number returns the release's version without the v, from the name of its chart.
func number(t *testing.T) string {
	t.Helper()
	charts, err := filepath.Glob(filepath.Join(release(t), "namesake-*.tgz"))
	if err != nil || len(charts) != 1 {
		t.Fatalf("charts: %q, %v", charts, err)
	}
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(charts[0]), "namesake-"), ".tgz")
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(release(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// run runs a program and returns what it prints.
func run(t *testing.T, dir string, env []string, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// unpack returns the files in an archive of the release, by name.
func unpack(t *testing.T, name string) map[string][]byte {
	t.Helper()
	content := read(t, name)
	if strings.HasSuffix(name, ".zip") {
		return unzip(t, content)
	}
	var r io.Reader = bytes.NewReader(content)
	if !strings.HasSuffix(name, ".tar") {
		compressed, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = compressed
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

func unzip(t *testing.T, content []byte) map[string][]byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, entry := range archive.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[entry.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// program is a program in an archive.
type program struct {
	archive, file, os, arch string
}

// programs returns those that a release has: their archives' names say which.
func programs(t *testing.T) []program {
	t.Helper()
	var found []program
	entries, err := os.ReadDir(release(t))
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^([a-z-]+)_v` + regexp.QuoteMeta(number(t)) + `_([a-z]+)_([a-z0-9]+)\.(tar\.gz|zip)$`)
	for _, entry := range entries {
		match := name.FindStringSubmatch(entry.Name())
		if match == nil {
			continue
		}
		p := program{archive: match[0], file: match[1], os: match[2], arch: match[3]}
		if p.os == "windows" {
			p.file += ".exe"
		}
		found = append(found, p)
	}
	return found
}
