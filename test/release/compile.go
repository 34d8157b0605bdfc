package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// compile builds a program of the product for a platform, as the image's builder builds the manager: the result contains
// nothing of the machine, of the folder, or of the time.
func compile(ctx context.Context, source, folder, number string, on platform) ([]byte, error) {
	dir, err := os.MkdirTemp("", "namesake-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "program")
	env := []string{"GOFLAGS=-mod=readonly", "GOWORK=off", "CGO_ENABLED=0", "GOOS=" + on.os, "GOARCH=" + on.arch}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.release=" + number, "-o", binary, folder}
	_, err = output(ctx, source, env, "go", args...)
	if err != nil {
		return nil, fmt.Errorf("building %s for %s: %w", folder, on, err)
	}
	return os.ReadFile(binary)
}
