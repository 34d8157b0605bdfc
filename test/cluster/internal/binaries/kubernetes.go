package binaries

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// dir returns the folder of a module. Each older Kubernetes has one beside that of the newest.
func (b *Builder) dir(m module) string {
	if m.path == kubernetes.path && b.Kubernetes != "" {
		return filepath.Join(b.Source, olderPrefix+b.Kubernetes)
	}
	return filepath.Join(b.Source, m.folder)
}

var olderPrefix = kubernetes.folder + "-"

// Check returns an error if there is no folder for the version that is asked for.
func (b *Builder) Check() error {
	if b.Kubernetes == "" {
		return nil
	}
	older, err := b.older()
	if err == nil && !slices.Contains(older, b.Kubernetes) {
		err = fmt.Errorf("no Kubernetes %q here: there are %s, and the newest if none is named", b.Kubernetes, strings.Join(older, ", "))
	}
	return err
}

// older returns the minor versions that have a folder of their own.
func (b *Builder) older() ([]string, error) {
	folders, err := filepath.Glob(filepath.Join(b.Source, olderPrefix+"*"))
	if err != nil {
		return nil, err
	}
	for i, folder := range folders {
		folders[i] = strings.TrimPrefix(filepath.Base(folder), olderPrefix)
	}
	return folders, nil
}
