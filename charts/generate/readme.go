package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed readme.md.tmpl
var readme string

// addReadme adds the chart's README.md, with a table of the values and what values.yaml says of each.
func addReadme(files map[string][]byte, chart string) error {
	path := filepath.Join(chart, "values.yaml")
	content, err := os.ReadFile(path) //nolint:gosec // The folder comes from who runs this.
	if err != nil {
		return err
	}
	values, err := describe(string(content))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	page, err := template.New("README.md").Funcs(template.FuncMap{"cell": cell}).Parse(readme)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := page.Execute(&out, values); err != nil {
		return err
	}
	files["README.md"] = out.Bytes()
	return nil
}

// cell makes text fit a cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(text, "|", `\|`)
}
