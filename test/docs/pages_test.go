package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the root of the repository.
const root = "../.."

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// pages returns the pages of the top folder, everything in docs, and the pages beside the samples.
func pages(t *testing.T) []string {
	t.Helper()
	pages := []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "config/samples/README.md"}
	files, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		pages = append(pages, filepath.Join("docs", filepath.Base(file)))
	}
	return pages
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fenced  = regexp.MustCompile("(?s)(?:^|\n)```.*?\n```")
	code    = regexp.MustCompile("`[^`\n]+`")
)

// Every link leads to an existing file or folder of the repository, and to an existing heading.
func TestLinks(t *testing.T) {
	for _, page := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(fenced.ReplaceAllString(read(t, page), ""), ""), -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := page
			if target != "" {
				file = filepath.Join(filepath.Dir(page), target)
			}
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s leads to %s, which is not there", page, match[1])
			} else if anchor != "" && !anchors(t, file)[anchor] {
				t.Errorf("%s leads to %s, and %s has no such heading", page, match[1], file)
			}
		}
	}
}

// anchors returns the headings of a page as links name them.
func anchors(t *testing.T, page string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, page), ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', r >= 'a' && r <= 'z', r >= '0' && r <= '9':
				return r
			}
			return -1
		}, strings.ToLower(match[1]))
		found[name] = true
	}
	return found
}

// Every page has its line in docs/README.md.
func TestIndex(t *testing.T) {
	index := read(t, "docs/README.md")
	for _, page := range pages(t) {
		if name := filepath.Base(page); filepath.Dir(page) == "docs" && name != "README.md" && !strings.Contains(index, "("+name+")") {
			t.Errorf("docs/README.md does not have %s", name)
		}
	}
}

// Every sample has its line in config/samples/README.md.
func TestIndexOfSamples(t *testing.T) {
	const folder = "config/samples"
	index := read(t, folder+"/README.md")
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" || entry.Name() == "kustomization.yaml" {
			return err
		}
		sample, err := filepath.Rel(filepath.Join(root, folder), path)
		if err == nil && !strings.Contains(index, "("+filepath.ToSlash(sample)+")") {
			t.Errorf("%s/README.md does not have %s", folder, sample)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Users read exactly the refusals that docs/concepts.md shows.
func TestRefusals(t *testing.T) {
	const title = "## What is refused, and why"
	_, section, _ := strings.Cut(read(t, "docs/concepts.md"), title)
	section, _, _ = strings.Cut(section, "\n## ")
	golden := read(t, "test/integration/admission/testdata/refusals.golden")
	refusals := 0
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) == 4 && strings.HasPrefix(cells[2], " `") {
			refusals++
			if refusal := strings.Trim(cells[2], " `"); !strings.Contains(golden, refusal) {
				t.Errorf("docs/concepts.md quotes a refusal that is not in refusals.golden: %s", refusal)
			}
		}
	}
	if refusals == 0 {
		t.Errorf("docs/concepts.md has no refusals below %q", title)
	}
}
