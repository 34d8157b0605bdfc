package main

import (
	"bytes"
	_ "embed"
	"strings"
	"text/template"
)

//go:embed readme.md.tmpl
var readme string

// addReadme adds the chart's README.md, with a table of the values and of what values.yaml says of each.
func addReadme(files map[string][]byte, chart string) error {
	values, err := readValues(chart)
	if err != nil {
		return err
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
