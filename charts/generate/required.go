package main

import "strings"

// addRequired adds a template of the required values, one a line. All values are required except maps and lists, which are
// empty if they are missing. A value is missing if it is null, or if an upgrade reuses the values of a chart that did not
// have it.
func addRequired(files map[string][]byte, chart string) error {
	values, err := readValues(chart)
	if err != nil {
		return err
	}
	var names []string
	for _, v := range values {
		if !strings.HasPrefix(v.Default, "{") && !strings.HasPrefix(v.Default, "[") {
			names = append(names, v.Name)
		}
	}
	files["templates/_required.tpl"] = []byte("{{/* Generated from values.yaml by \"make chart\". */}}\n" +
		"{{- define \"namesake.requiredValues\" -}}\n" + strings.Join(names, "\n") + "\n{{- end }}\n")
	return nil
}
