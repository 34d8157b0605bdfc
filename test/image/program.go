package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// compile builds cmd/namesake for a platform. The result contains nothing of the machine or the folder of the build.
func compile(ctx context.Context, source, version string, platform v1.Platform) ([]byte, error) {
	dir, err := os.MkdirTemp("", "namesake-image-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, program)
	args := []string{"build", "-trimpath", "-buildvcs=false", "-tags", tags, "-ldflags", ldflags(version), "-o", binary, "./cmd/namesake"}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "PWD="+source, "GOFLAGS=-mod=readonly", "GOWORK=off", "CGO_ENABLED=0",
		"GOOS="+platform.OS, "GOARCH="+platform.Architecture)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if output, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, output)
	}
	return os.ReadFile(binary)
}

// tags are the Dockerfile's, too. Without this tag gRPC serves pages about its activity, and the program is a quarter larger:
// the linker keeps every method, since a page may call it.
const tags = "grpcnotrace"

// ldflags returns the linker flags, which are the Dockerfile's, too.
func ldflags(version string) string {
	return "-s -w -X main.version=" + version
}
