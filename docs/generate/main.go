// Command generate writes docs/api.md. The page has what the CRDs say of each field, and what the constants of the API say
// of labels, annotations, conditions and reasons. It has the constants as users write and read them.
package main

import (
	"bytes"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/template"
)

//go:embed api.md.tmpl
var pageTemplate string

func main() {
	crds := flag.String("crds", "", "Folder of the CRDs, with the descriptions of fields whole.")
	api := flag.String("api", "api", "Folder of the API's packages.")
	kubernetes := flag.String("kubernetes", "test/cluster/kubernetes/go.mod", "The go.mod that says which Kubernetes is tested with.")
	page := flag.String("page", "docs/api.md", "The page to write.")
	check := flag.Bool("check", false, "Write nothing, and fail if something would change.")
	flag.Parse()
	if err := run(*crds, *api, *kubernetes, *page, *check); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(crds, api, kubernetes, page string, check bool) error {
	content, err := generate(crds, api, kubernetes)
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(page, content, 0o644) //nolint:gosec // Docs are for everybody to read.
	}
	is, err := os.ReadFile(page) //nolint:gosec // The path comes from who runs this.
	if err != nil || !bytes.Equal(is, content) {
		return errors.Join(err, fmt.Errorf("%s is stale: run \"make docs\"", page))
	}
	return nil
}

// generate returns the page.
func generate(crds, api, kubernetes string) ([]byte, error) {
	version, err := kubernetesVersion(kubernetes)
	if err != nil {
		return nil, err
	}
	kinds, err := readKinds(crds, version)
	if err != nil {
		return nil, err
	}
	groups, err := readConstants(api)
	if err != nil {
		return nil, err
	}
	functions := template.FuncMap{"text": text, "cell": cell, "join": strings.Join, "anchor": anchor}
	page, err := template.New("api.md").Funcs(functions).Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{"Kinds": kinds, "Groups": groups, "Kubernetes": version})
	return out.Bytes(), err
}

// text makes a comment fit a page: one line, without what Markdown would take for a tag.
func text(comment string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(comment), " "), "<", "&lt;")
}

// cell makes a comment fit a cell of a table.
func cell(comment string) string {
	return strings.ReplaceAll(text(comment), "|", `\|`)
}

// anchor returns the link target of a page's heading.
func anchor(heading string) string {
	return strings.ReplaceAll(strings.Map(func(r rune) rune {
		if strings.ContainsRune("./,'`", r) {
			return -1
		}
		return r
	}, strings.ToLower(heading)), " ", "-")
}
