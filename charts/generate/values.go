package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// value is a value that a user may set.
type value struct {
	// Name is its path, as helm's --set takes it.
	Name string
	// Default is its value in values.yaml, as JSON.
	Default string
	// Description is the comment above it.
	Description string
}

// readValues returns the values of the chart in a folder, with their descriptions.
func readValues(chart string) ([]value, error) {
	path := filepath.Join(chart, "values.yaml")
	content, err := os.ReadFile(path) //nolint:gosec // The folder comes from who runs this.
	if err != nil {
		return nil, err
	}
	values, err := describe(string(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return values, nil
}

var valueLine = regexp.MustCompile(`^( *)([A-Za-z]\w*):`)

// describe returns the values of a values.yaml in its order. A value is a key with a comment above it, and whatever is below
// such a key is its default. A key without a comment only holds others.
func describe(content string) ([]value, error) {
	var defaults map[string]any
	if err := yaml.Unmarshal([]byte(content), &defaults, exactNumbers); err != nil {
		return nil, err
	}
	var values []value
	var path, comment []string
	described := -1 // The depth of the last described key: deeper keys are a part of it.
	for line := range strings.Lines(content) {
		text, isComment := strings.CutPrefix(strings.TrimSpace(line), "# ")
		m := valueLine.FindStringSubmatch(line)
		switch {
		case isComment:
			comment = append(comment, text)
			continue
		case m == nil:
			comment = nil
			continue
		}
		depth := len(m[1]) / 2
		if described >= 0 && depth > described {
			continue
		}
		if depth > len(path) {
			return nil, fmt.Errorf("%q is indented by more than two", strings.TrimSpace(line))
		}
		path, described = append(path[:depth], m[2]), -1
		if len(comment) > 0 {
			v, err := defaultOf(defaults, path)
			if err != nil {
				return nil, err
			}
			values = append(values, value{Name: strings.Join(path, "."), Default: v, Description: strings.Join(comment, " ")})
			described = depth
		}
		comment = nil
	}
	return values, nil
}

// defaultOf returns what values.yaml holds at a path, as JSON.
func defaultOf(defaults map[string]any, path []string) (string, error) {
	var at any = defaults
	for _, key := range path {
		fields, ok := at.(map[string]any)
		if !ok {
			return "", fmt.Errorf("%s is not found", strings.Join(path, "."))
		}
		at = fields[key]
	}
	content, err := json.Marshal(at)
	return string(content), err
}
