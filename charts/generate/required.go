package main

import "strings"

// addRequired adds a template of the values that have to be there, one a line: all but maps and lists, which are empty where
// they are not. A value is not there if it is null, or if an upgrade reuses those of a chart that did not have it.
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
