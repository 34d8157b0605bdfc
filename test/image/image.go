package main

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	// program is the only file in the image: there is no shell to run, and nothing to patch.
	program = "namesake"
	// user is an arbitrary unprivileged user. It is a number, since the kubelet cannot know that a name is not root's.
	user = "65532:65532"
)

// epoch is the creation time of everything. The current time would make every build another image.
var epoch = time.Unix(0, 0).UTC()

// build builds the image for one platform.
func build(ctx context.Context, source, version string, platform v1.Platform) (v1.Image, error) {
	content, err := compile(ctx, source, version, platform)
	if err != nil {
		return nil, err
	}
	layer, err := layerOf(content)
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(base, mutate.Addendum{
		Layer:   layer,
		History: v1.History{Created: v1.Time{Time: epoch}, CreatedBy: "COPY /namesake /namesake"},
	})
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Variant = platform.OS, platform.Architecture, platform.Variant
	file.Created = v1.Time{Time: epoch}
	file.Config = configOf(version)
	return mutate.ConfigFile(image, file)
}

// configOf returns how a container of the image runs.
func configOf(version string) v1.Config {
	return v1.Config{
		User:       user,
		Entrypoint: []string{"/" + program},
		Env:        []string{"PATH=/"},
		WorkingDir: "/",
		Labels:     labels(version),
	}
}

func labels(version string) map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       "namesake",
		"org.opencontainers.image.description": "Sandboxes for AI agents on Kubernetes: the manager",
		"org.opencontainers.image.url":         "https://github.com/namesake-sandbox/namesake",
		"org.opencontainers.image.licenses":    "Apache-2.0",
		"org.opencontainers.image.version":     version,
	}
}

// layerOf returns a layer with the program alone.
func layerOf(content []byte) (v1.Layer, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: program, Mode: 0o755, Size: int64(len(content)), ModTime: epoch, Format: tar.FormatUSTAR,
	}
	if err := w.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}
