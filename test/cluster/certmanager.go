package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/binaries"
)

// nobody is the user that cert-manager's containers run as. Its chart wants any user except root.
const nobody = "65532"

// certManagerPrograms are cert-manager's programs. Its chart has an image of that name for each.
var certManagerPrograms = []string{"controller", "cainjector", "webhook"}

// certManagerCommand makes what the installation of cert-manager on a real node needs: its chart, and archives of the images.
// It prints the folder that holds them.
func certManagerCommand(ctx context.Context, args []string) error {
	if err := parseNoFlags("cert-manager", args); err != nil {
		return err
	}
	builder, err := newBuilder()
	if err != nil {
		return err
	}
	dir, err := ensureCertManager(ctx, builder)
	if err != nil {
		return err
	}
	fmt.Println(dir)
	return nil
}

func ensureCertManager(ctx context.Context, builder *binaries.Builder) (string, error) {
	version, err := builder.CertManagerVersion(ctx)
	if err != nil {
		return "", err
	}
	const folder = "certmanager"
	sum, err := builder.Sum(folder)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(builder.Cache, "cert-manager", version+"-"+sum)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, program := range certManagerPrograms {
		image := ownImage{name: "localhost/cert-manager-" + program + ":" + version, folder: folder, pkg: "./" + program, user: nobody}
		if _, err := image.ensure(ctx, builder, dir); err != nil {
			return "", err
		}
	}
	if binaries.Exists(filepath.Join(dir, "cert-manager-"+version+".tgz")) {
		return dir, nil
	}
	return dir, builder.PackageCertManager(ctx, version, dir)
}

// canNodeCommand exits with 1 and a clear message if the machine cannot run a real node.
func canNodeCommand(ctx context.Context, args []string) error {
	if err := parseNoFlags("can-node", args); err != nil {
		return err
	}
	if err := checkNode(ctx); err != nil {
		sayNotRun(err)
		return exitCode(1)
	}
	return nil
}

func sayNotRun(err error) {
	fmt.Fprintf(os.Stderr, "\n*** NOT RUN: the test of a real node. Nothing is known about containers from this run.\n*** %v\n\n", err)
}
