// Package images writes container images from files on this machine, without a registry or a container runtime.
package images

import (
	"fmt"
	"os"
	"runtime"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Image holds the parts of an image.
type Image struct {
	// Name is its full name, as in localhost/toolbox:1. An image with a name in localhost is never pulled from anywhere else.
	Name string
	// Files are the files of its only layer.
	Files []File
	// Entrypoint is the command of its containers.
	Entrypoint []string
	// User is the user of its containers, or root if it is empty.
	User string
}

// Write writes the image into a docker-archive at path. The same content gives the same bytes.
func (i Image) Write(path string) error {
	tag, err := name.NewTag(i.Name, name.StrictValidation)
	if err != nil {
		return fmt.Errorf("an image's name must be whole, like localhost/name:1: %w", err)
	}
	built, err := i.build()
	if err != nil {
		return fmt.Errorf("making the image %s: %w", i.Name, err)
	}
	temporary := path + ".new"
	defer os.Remove(temporary)
	if err := tarball.WriteToFile(temporary, tag, built); err != nil {
		return fmt.Errorf("writing the image %s: %w", i.Name, err)
	}
	return os.Rename(temporary, path)
}

func (i Image) build() (v1.Image, error) {
	content, err := layer(i.Files)
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, content)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config = v1.Config{
		Entrypoint: i.Entrypoint,
		User:       i.User,
		WorkingDir: "/",
		Env:        []string{"PATH=/bin"},
	}
	return mutate.ConfigFile(image, config)
}
