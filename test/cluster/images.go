package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/images"
)

const imagesUsage = `usage:
  images load [--name NAME | --dir DIR] FILE...
      load archives (by docker save, or of the OCI's layout) into the real node of a cluster
  images build --tag localhost/NAME:TAG --output FILE [--user UID] [--add SOURCE=PATH]... PROGRAM
      make an archive with an image of a static program and further files or folders`

// imagesCommand makes images and loads them into a real node, which pulls none.
func imagesCommand(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "load" {
		return imagesLoadCommand(ctx, args[1:])
	}
	if len(args) > 0 && args[0] == "build" {
		return imagesBuildCommand(args[1:])
	}
	return errors.New(imagesUsage)
}

func imagesLoadCommand(ctx context.Context, args []string) error {
	o := &options{}
	flags := flag.NewFlagSet("images load", flag.ContinueOnError)
	o.addPlace(flags)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return exitCode(2)
	}
	if flags.NArg() == 0 {
		return errors.New(imagesUsage)
	}
	s, err := o.load()
	if err != nil {
		return err
	}
	return loadImages(ctx, s, flags.Args())
}

func imagesBuildCommand(args []string) error {
	image := images.Image{}
	var output string
	var add folders
	flags := flag.NewFlagSet("images build", flag.ContinueOnError)
	flags.StringVar(&image.Name, "tag", "", "the image's whole name")
	flags.StringVar(&output, "output", "", "the archive to write")
	flags.StringVar(&image.User, "user", "", "who its containers run as (default root)")
	flags.Var(&add, "add", "SOURCE=PATH: a file or folder here, and where it is in the image; may be repeated")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return exitCode(2)
	}
	if flags.NArg() != 1 || image.Name == "" || output == "" {
		return errors.New(imagesUsage)
	}
	program := "/bin/" + filepath.Base(flags.Arg(0))
	image.Entrypoint = []string{program}
	image.Files = []images.File{{Path: program, Source: flags.Arg(0)}}
	for _, pair := range add {
		source, path, ok := strings.Cut(pair, "=")
		if !ok {
			return fmt.Errorf("--add=%s: use SOURCE=PATH", pair)
		}
		image.Files = append(image.Files, images.File{Path: path, Source: source})
	}
	return image.Write(output)
}
