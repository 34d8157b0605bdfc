// Command bounds gives every list, map, text and number in the CRDs a bound, after controller-gen, which can mark the fields of
// this project only. What a user can write is then bounded before anything of it is read.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	folder := flag.String("crds", "config/crd/bases", "Folder of the CRDs, which are written back in place.")
	flag.Parse()
	if err := run(*folder); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run bounds every CRD in folder.
func run(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no CRD in %s", folder)
	}
	for _, file := range files {
		before, err := os.ReadFile(file) //nolint:gosec // The caller names the folder.
		if err != nil {
			return err
		}
		after, err := bound(before)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(file, after, 0o644); err != nil { //nolint:gosec // Source is for everybody to read.
			return err
		}
	}
	return nil
}
