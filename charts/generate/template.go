package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// object is any Kubernetes object.
type object map[string]any

func (o object) kind() string {
	kind, _ := o["kind"].(string)
	return kind
}

func (o object) metadata() map[string]any {
	metadata, _ := o["metadata"].(map[string]any)
	return metadata
}

func (o object) annotations() map[string]any {
	annotations, ok := o.metadata()["annotations"].(map[string]any)
	if !ok {
		annotations = map[string]any{}
		o.metadata()["annotations"] = annotations
	}
	return annotations
}

// readObjects reads the objects of a YAML file.
func readObjects(path string) ([]object, error) {
	content, err := os.ReadFile(path) //nolint:gosec // The folder comes from who runs this.
	if err != nil {
		return nil, err
	}
	var objects []object
	for document := range bytes.SplitSeq(append([]byte("\n"), content...), []byte("\n---")) {
		var o object
		if err := yaml.Unmarshal(document, &o, exactNumbers); err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		if len(o) > 0 {
			objects = append(objects, o)
		}
	}
	return objects, nil
}

// exactNumbers keeps integers that a float64 would round.
func exactNumbers(decoder *json.Decoder) *json.Decoder {
	decoder.UseNumber()
	return decoder
}

// action marks a value that becomes a template's action on the same line.
func action(text string) string { return "@inline " + text + "@" }

// block marks a value that becomes the output of an action, on the lines below it. As a key, it marks an entry of a map that
// becomes such output.
func block(text string) string { return "@block " + text + "@" }

var (
	inlineMark = regexp.MustCompile(`'@inline ((?:[^@'])*)@'`)
	blockMark  = regexp.MustCompile(`(?m)^( *)((?:- )?)(?:([\w.]+): )?'@block ([^@']*)@'(?:: "")?$`)
)

// render writes objects as a template. What they hold is taken literally, except what is marked.
func render(objects ...object) (string, error) {
	var documents []string
	for _, o := range objects {
		text, err := yaml.Marshal(o)
		if err != nil {
			return "", err
		}
		documents = append(documents, mark(escape(string(text))))
	}
	return strings.Join(documents, "---\n"), nil
}

// mark replaces the marks by actions.
func mark(text string) string {
	text = inlineMark.ReplaceAllString(text, "{{ $1 }}")
	return blockMark.ReplaceAllStringFunc(text, func(line string) string {
		m := blockMark.FindStringSubmatch(line)
		indent, key, call := len(m[1])+len(m[2]), m[3], m[4]
		if key == "" {
			return fmt.Sprintf("%[1]s{{- with %[2]s }}\n%[1]s{{- . | nindent %[3]d }}\n%[1]s{{- end }}", m[1], call, indent)
		}
		return fmt.Sprintf("%s%s%s:\n%s{{- %s | nindent %d }}", m[1], m[2], key, strings.Repeat(" ", indent+2), call, indent+2)
	})
}

// escape returns a template that renders to text, even if text holds what looks like an action.
func escape(text string) string {
	return strings.ReplaceAll(text, "{{", `{{ "{{" }}`)
}

// generated is the beginning of every generated template.
const generated = "{{- /* Generated from config by \"make chart\". */ -}}\n{{- include \"namesake.checks\" . -}}\n"

// onlyIf makes a template empty unless a condition holds.
func onlyIf(condition, text string) string {
	return "{{- if " + condition + " }}\n" + text + "{{- end }}\n"
}
