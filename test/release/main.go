// Command release builds everything that a release of Namesake consists of, into one folder:
//
//	namesake_VERSION_OS_ARCH.tar.gz            the manager
//	kubectl-namesake_VERSION_OS_ARCH.tar.gz    the plugin for kubectl; .zip for Windows
//	namesake_VERSION_image.tar                 the manager's image for all platforms, as an OCI layout
//	namesake-NUMBER.tgz                        the Helm chart
//	install.yaml, crds.yaml                    the same for kubectl; the CRDs alone
//	namesake.yaml                              by which krew installs the plugin
//	*.spdx.json                                what each archive and the image consist of
//	SHA256SUMS                                 the checksums of all of these
//
// Same commit, version and Go: the same bytes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	source := flag.String("source", ".", "Folder of the repository.")
	out := flag.String("out", "bin/release", "Folder to write to, which must be empty.")
	version := flag.String("version", "", "Version, such as v1.2.3.")
	helm := flag.String("helm", "helm", "The helm program.")
	url := flag.String("url", homepage+"/releases/download", "Where releases are to be found: a folder for each version is below it.")
	dirty := flag.Bool("dirty", false, "Also build what is not committed, as version VERSION-dirty.")
	flag.Parse()

	changed, err := isDirty(ctx, *source)
	if err != nil {
		return err
	}
	if changed && !*dirty {
		return errors.New("there are changes that are not committed (git status): commit them, or build with DIRTY=1, which marks the version")
	}
	number, err := parseVersion(*version, changed)
	if err != nil {
		return err
	}
	at, err := timeOf(ctx, *source, os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	if err := checkEmpty(*out); err != nil { // Before the minutes that the rest takes.
		return err
	}
	absolute, err := filepath.Abs(*source)
	if err != nil {
		return err
	}
	files, err := release{
		source: absolute, helm: *helm, number: number, at: at, url: strings.TrimRight(*url, "/") + "/v" + number,
		log: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) },
	}.build(ctx)
	if err != nil {
		return err
	}
	if err := write(*out, files); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Printf("%10d  %s\n", len(files[name]), filepath.Join(*out, name))
	}
	return nil
}
