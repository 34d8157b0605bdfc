// Command image builds the container image that the Dockerfile describes, without Docker and without a registry.
//
//	oci/                 the image for all platforms, as an OCI layout
//	namesake-ARCH.tar    the image for one, as docker load and ctr images import take it
//
// Same source, version and Go: same digest.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	source := flag.String("source", ".", "Folder of the product's module.")
	out := flag.String("out", "bin/image", "Folder to write to; what an earlier run left there is replaced.")
	name := flag.String("name", "namesake", "Name of the image, without a tag.")
	version := flag.String("version", "dev", "Version: the tag, a label, and what the program prints with --version.")
	platforms := flag.String("platforms", "linux/amd64,linux/arm64", "Platforms to build for.")
	flag.Parse()

	var images []v1.Image
	for text := range strings.SplitSeq(*platforms, ",") {
		platform, err := v1.ParsePlatform(text)
		if err != nil {
			return fmt.Errorf("--platforms: %w", err)
		}
		fmt.Fprintf(os.Stderr, "building for %s ...\n", platform)
		image, err := build(ctx, *source, *version, *platform)
		if err != nil {
			return fmt.Errorf("building for %s: %w", platform, err)
		}
		images = append(images, image)
	}
	digest, err := write(*out, *name+":"+*version, images)
	if err != nil {
		return fmt.Errorf("writing to %s: %w", *out, err)
	}
	fmt.Printf("%s:%s@%s\n", *name, *version, digest)
	return nil
}
