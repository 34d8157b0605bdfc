package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/binaries"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/images"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/namespaces"
)

// These are the initial images of a real node. An image named localhost/... is never looked for in a registry.
const (
	pauseImage   = "localhost/pause:1"
	dnsImage     = "localhost/coredns:1"
	toolboxImage = "localhost/toolbox:1"
)

// ownImage is an image of one program from this repository.
type ownImage struct {
	name string
	// folder and pkg say what it is built from.
	folder, pkg string
	// links are further names of the program.
	links []string
	// user is the user that it runs as, or root if it is empty.
	user string
}

var ownImages = []ownImage{
	{name: pauseImage, folder: "toolbox", pkg: "./pause"},
	{name: dnsImage, folder: "coredns", pkg: "."},
	{name: toolboxImage, folder: "toolbox", pkg: ".", links: []string{
		"cat", "env", "get", "hostname", "id", "lookup", "ls", "serve", "sh", "sleep", "webhook",
	}},
}

// ensureImages makes the images of a real node that are missing in the cache, and returns the archives.
func ensureImages(ctx context.Context, builder *binaries.Builder) ([]string, error) {
	dir := filepath.Join(builder.Cache, "images")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var archives []string
	for _, own := range ownImages {
		archive, err := own.ensure(ctx, builder, dir)
		if err != nil {
			return nil, err
		}
		archives = append(archives, archive)
	}
	return archives, nil
}

func (o ownImage) ensure(ctx context.Context, builder *binaries.Builder, dir string) (string, error) {
	sum, err := builder.Sum(o.folder)
	if err != nil {
		return "", err
	}
	name := o.program()
	archive := filepath.Join(dir, name+"-"+sum+".tar")
	if binaries.Exists(archive) {
		return archive, nil
	}
	temporary, err := os.MkdirTemp(dir, "."+name+"-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temporary)
	program := filepath.Join(temporary, name)
	if err := builder.BuildOwn(ctx, o.folder, o.pkg, program); err != nil {
		return "", err
	}
	files := []images.File{{Path: "/bin/" + name, Source: program}}
	for _, link := range o.links {
		files = append(files, images.File{Path: "/bin/" + link, Link: name})
	}
	image := images.Image{Name: o.name, Files: files, Entrypoint: []string{"/bin/" + name}, User: o.user}
	return archive, image.Write(archive)
}

// program returns the image's name without its registry and tag.
func (o ownImage) program() string {
	name, _, _ := strings.Cut(strings.TrimPrefix(o.name, "localhost/"), ":")
	return name
}

// loadImages loads archives, in docker's format or in the OCI layout, into the real node of a cluster.
func loadImages(ctx context.Context, s *state, archives []string) error {
	inside, err := s.inside()
	if err != nil {
		return err
	}
	for _, archive := range archives {
		file, err := os.Open(archive)
		if err != nil {
			return err
		}
		err = ctr(ctx, inside, s.Node.Bin, file, "--namespace=k8s.io", "images", "import", "-")
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("loading the image %s: %w", archive, err)
		}
	}
	return nil
}

// ctr runs containerd's client. It passes a file as the client's input, since its path may mean something else in the node's
// mounts.
func ctr(ctx context.Context, inside namespaces.Of, bin string, stdin *os.File, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(bin, binaries.Ctr), args...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &output, &output, "/"
	if stdin != nil {
		cmd.Stdin = stdin
	}
	if err := inside.Start(cmd); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(output.Bytes()))
	}
	return nil
}
