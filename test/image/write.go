package main

import (
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// write writes the images, one for each platform, below dir: together as an OCI layout, and each as a docker-archive. It
// returns the digest of the index that contains them all, which is the image's digest in a registry.
func write(dir, reference string, images []v1.Image) (v1.Hash, error) {
	tag, err := name.NewTag(reference)
	if err != nil {
		return v1.Hash{}, err
	}
	if err := os.RemoveAll(dir); err != nil {
		return v1.Hash{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return v1.Hash{}, err
	}
	for _, image := range images {
		config, err := image.ConfigFile()
		if err != nil {
			return v1.Hash{}, err
		}
		if err := tarball.WriteToFile(filepath.Join(dir, program+"-"+config.Architecture+".tar"), tag, image); err != nil {
			return v1.Hash{}, err
		}
	}
	index, err := indexOf(images)
	if err != nil {
		return v1.Hash{}, err
	}
	path, err := layout.Write(filepath.Join(dir, "oci"), empty.Index)
	if err != nil {
		return v1.Hash{}, err
	}
	err = path.AppendIndex(index, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": reference}))
	if err != nil {
		return v1.Hash{}, err
	}
	return index.Digest()
}

// indexOf returns an index with an image for each platform.
func indexOf(images []v1.Image) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, image := range images {
		config, err := image.ConfigFile()
		if err != nil {
			return nil, err
		}
		platform := &v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: platform}})
	}
	return index, nil
}
