// Command generate writes those parts of the chart that config or values.yaml already state, so that they cannot differ.
// These are the templates of CRDs, roles, webhook configurations, policies and alerts, the list of required values, and README.md.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	config := flag.String("config", "config", "Folder of the kustomizations.")
	chart := flag.String("chart", "charts/namesake", "Folder of the chart.")
	check := flag.Bool("check", false, "Write nothing, and fail if something would change.")
	flag.Parse()
	if err := run(*config, *chart, *check); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(config, chart string, check bool) error {
	files, err := generate(config, chart)
	if err != nil {
		return err
	}
	if check {
		return compare(chart, files)
	}
	return write(chart, files)
}

// generate returns the generated files of the chart by their paths in it.
func generate(config, chart string) (map[string][]byte, error) {
	files := map[string][]byte{}
	parts := []func() error{
		func() error { return addCRDs(files, config) },
		func() error { return addRoles(files, config) },
		func() error { return addWebhooks(files, config) },
		func() error { return addPolicies(files, config) },
		func() error { return addAlerts(files, config) },
		func() error { return addRequired(files, chart) },
		func() error { return addReadme(files, chart) },
	}
	for _, add := range parts {
		if err := add(); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func write(chart string, files map[string][]byte) error {
	for path, content := range files {
		path = filepath.Join(chart, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // Source is for everybody to read.
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil { //nolint:gosec // Source is for everybody to read.
			return err
		}
	}
	return removeOthers(chart, files)
}

// compare returns an error that names each file that differs from what would be generated.
func compare(chart string, files map[string][]byte) error {
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(files)) {
		is, err := os.ReadFile(filepath.Join(chart, path)) //nolint:gosec // The path is one of ours.
		if err != nil || !bytes.Equal(is, files[path]) {
			errs = append(errs, fmt.Errorf("%s is stale", filepath.Join(chart, path)))
		}
	}
	others, err := othersIn(chart, files)
	if err != nil {
		return err
	}
	for _, path := range others {
		errs = append(errs, fmt.Errorf("%s comes from nothing in config", path))
	}
	if len(errs) > 0 {
		errs = append(errs, errors.New(`run "make chart"`))
	}
	return errors.Join(errs...)
}

// removeOthers removes the templates of CRDs that no longer exist.
func removeOthers(chart string, files map[string][]byte) error {
	others, err := othersIn(chart, files)
	for _, path := range others {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// othersIn returns the files in the folder of the CRDs that were not generated now. All files in that folder are generated.
func othersIn(chart string, files map[string][]byte) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(chart, crdFolder, "*"))
	return slices.DeleteFunc(found, func(path string) bool {
		_, ok := files[filepath.Join(crdFolder, filepath.Base(path))]
		return ok
	}), err
}
