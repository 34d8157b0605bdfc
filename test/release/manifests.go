package main

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const (
	// installation is the file with everything that config/default installs.
	installation = "install.yaml"
	// definitions is the file with the CRDs alone.
	definitions = "crds.yaml"
)

// manifests returns the files that kubectl applies, by name: what kustomize makes of config, with the image of this release.
func manifests(source, number string) (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "namesake-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(filepath.Join(dir, "config"), os.DirFS(filepath.Join(source, "config"))); err != nil {
		return nil, err
	}
	const overlay = "resources:\n- ../config/default\nimages:\n- name: namesake\n  newTag: %q\n"
	if err := os.Mkdir(filepath.Join(dir, "release"), 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "release", "kustomization.yaml"), fmt.Appendf(nil, overlay, number), 0o600); err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	for name, folder := range map[string]string{installation: "release", definitions: "config/crd"} {
		built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(dir, folder))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		content, err := built.AsYaml()
		if err != nil {
			return nil, err
		}
		// The definitions do not fit the annotation in which a client-side apply would keep them.
		head := "# Namesake " + number + ": kubectl apply --server-side -f " + name + "\n"
		found[name] = append([]byte(head), content...)
	}
	return found, nil
}
