package docs

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var makeTarget = regexp.MustCompile("`make ([a-z0-9-]+)")

var testName = regexp.MustCompile("`([a-z0-9/]+)/(Test[A-Za-z0-9]+)`")

// A row that names a test which does not exist proves nothing.
func TestCompatibilityNamesTests(t *testing.T) {
	page := read(t, "docs/compatibility.md")
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.HasSuffix(strings.TrimSpace(line), "| test |") {
			continue
		}
		named := testName.FindAllStringSubmatch(line, -1)
		if len(named) == 0 {
			t.Errorf("no test is named: %s", line)
		}
		for _, match := range named {
			if !hasTest(t, match[1], match[2]) {
				t.Errorf("there is no %s", path.Join(match[1], match[2]))
			}
		}
	}
}

// SECURITY.md and the comparison say much of what holds: each test that they name for it exists, and each target of make.
func TestClaimsNameTestsAndTargets(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, file := range []string{"SECURITY.md", "docs/comparison.md"} {
		page := read(t, file)
		named := testName.FindAllStringSubmatch(page, -1)
		if len(named) == 0 {
			t.Errorf("%s names no test", file)
		}
		for _, match := range named {
			if !hasTest(t, match[1], match[2]) {
				t.Errorf("%s: there is no %s", file, path.Join(match[1], match[2]))
			}
		}
		for _, match := range makeTarget.FindAllStringSubmatch(page, -1) {
			if !strings.Contains(makefile, "\n"+match[1]+":") {
				t.Errorf("%s: there is no %s", file, match[0])
			}
		}
	}
}

// hasTest reports whether a package, given by its folder, has a test of that name.
func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "\nfunc "+name+"(t *testing.T)") {
			return true
		}
	}
	return false
}
