package main

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// image is the manager's image, for all its platforms.
type image struct {
	// digest is what a registry calls it.
	digest string
	// layout are the files of its OCI layout.
	layout []file
	// programs are the manager of each platform.
	programs map[platform][]byte
}

// buildImage runs the image's own builder, test/image. The manager of the archives is the one in the image: the same bytes.
func buildImage(ctx context.Context, source, number string) (image, error) {
	dir, err := os.MkdirTemp("", "namesake-release-")
	if err != nil {
		return image{}, err
	}
	defer os.RemoveAll(dir)
	var platforms []string
	for _, p := range managerPlatforms {
		platforms = append(platforms, p.String())
	}
	_, err = output(ctx, filepath.Join(source, "test", "image"), []string{"GOWORK=off"}, "go", "run", ".",
		"-source", source, "-version", number, "-platforms", strings.Join(platforms, ","), "-out", dir)
	if err != nil {
		return image{}, err
	}
	return readImage(filepath.Join(dir, "oci"))
}

// readImage reads an OCI layout that has one image, for several platforms.
func readImage(dir string) (image, error) {
	all, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return image{}, err
	}
	manifest, err := all.IndexManifest()
	if err != nil {
		return image{}, err
	}
	if len(manifest.Manifests) != 1 {
		return image{}, fmt.Errorf("%s holds %d images, not one", dir, len(manifest.Manifests))
	}
	found := image{digest: manifest.Manifests[0].Digest.String(), programs: map[platform][]byte{}}
	index, err := all.ImageIndex(manifest.Manifests[0].Digest)
	if err != nil {
		return image{}, err
	}
	if manifest, err = index.IndexManifest(); err != nil {
		return image{}, err
	}
	for _, m := range manifest.Manifests {
		one, err := index.Image(m.Digest)
		if err != nil {
			return image{}, err
		}
		if found.programs[platform{m.Platform.OS, m.Platform.Architecture}], err = programIn(one); err != nil {
			return image{}, err
		}
	}
	found.layout, err = filesOf(dir)
	return found, err
}

// programIn returns the manager out of an image for one platform.
func programIn(one v1.Image) ([]byte, error) {
	content := mutate.Extract(one)
	defer content.Close()
	for r := tar.NewReader(content); ; {
		header, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("looking for %s in the image: %w", manager, err)
		}
		if header.Name == manager {
			return io.ReadAll(r)
		}
	}
}

// filesOf returns the files below a folder, in the order of their names, for an archive.
func filesOf(dir string) ([]file, error) {
	var files []file
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, name)
		files = append(files, file{name: name, mode: 0o644, content: content})
		return err
	})
	return files, err
}
