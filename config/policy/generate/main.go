// Command generate writes the policies of internal/policy as manifests.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/namesake-sandbox/namesake/internal/policy"
)

func main() {
	folder := flag.String("out", "config/policy", "Folder to write to.")
	flag.Parse()
	if err := run(*folder); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run writes the files below folder: the policies that are always there, those where no webhooks are, and those that change objects,
// which older versions of Kubernetes do not have.
func run(folder string) error {
	mutating, binding := policy.Namesake()
	for path, objects := range map[string][]any{
		"policies.yaml":          manifests(policy.All()),
		"alone/policies.yaml":    manifests(policy.Alone()),
		"mutating/policies.yaml": {mutating, binding},
	} {
		if err := write(filepath.Join(folder, filepath.FromSlash(path)), objects); err != nil {
			return err
		}
	}
	return nil
}

func manifests(policies []policy.Policy) []any {
	var objects []any
	for _, p := range policies {
		rules, binding := p.Manifest()
		objects = append(objects, rules, binding)
	}
	return objects
}

func write(path string, objects []any) error {
	var out bytes.Buffer
	for _, object := range objects {
		text, err := yaml.Marshal(object)
		if err != nil {
			return err
		}
		out.WriteString("---\n")
		out.Write(bytes.ReplaceAll(text, []byte("status: {}\n"), nil))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // Source is for everybody to read.
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644) //nolint:gosec // Source is for everybody to read.
}
