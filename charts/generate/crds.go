package main

import (
	"fmt"
	"path/filepath"
)

const crdFolder = "templates/crds"

// addCRDs adds a template for each CRD. They are templates and not files in crds/, so that helm upgrades them.
func addCRDs(files map[string][]byte, config string) error {
	paths, err := filepath.Glob(filepath.Join(config, "crd", "bases", "*.yaml"))
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("no CRDs below %s: %w", config, err)
	}
	for _, path := range paths {
		objects, err := readObjects(path)
		if err != nil {
			return err
		}
		for _, crd := range objects {
			crd.metadata()["labels"] = block(`include "namesake.labels" .`)
			crd.annotations()[block(`include "namesake.keepCRD" .`)] = ""
		}
		text, err := render(objects...)
		if err != nil {
			return err
		}
		files[filepath.Join(crdFolder, filepath.Base(path))] = []byte(generated + onlyIf(".Values.crds.enabled", text))
	}
	return nil
}
