package binaries

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// stages are the files of kwok's module that define how a node and a Pod come to life. kwok's program has none built in.
var stages = []string{
	"node/fast/node-initialize.yaml",
	"node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
	"pod/fast/pod-ready.yaml",
	"pod/fast/pod-complete.yaml",
	"pod/fast/pod-delete.yaml",
}

// StagesDir returns the folder of the stage files beside the programs in dir.
func StagesDir(dir string) string {
	return filepath.Join(dir, "kwok-stages")
}

// Stages returns the stage files beside the programs in dir.
func Stages(dir string) []string {
	files := make([]string, 0, len(stages))
	for _, stage := range stages {
		files = append(files, filepath.Join(StagesDir(dir), filepath.Base(stage)))
	}
	return files
}

// copyStages copies the stage files from the module's folder, since the module cache may be gone when a cluster starts.
func copyStages(ctx context.Context, source, dir string) error {
	if _, err := goOutput(ctx, source, "mod", "download", kwok.path); err != nil {
		return fmt.Errorf("fetching kwok's stage files: %w", err)
	}
	folder, err := goOutput(ctx, source, "list", "-m", "-f", "{{.Dir}}", kwok.path)
	if err != nil {
		return fmt.Errorf("finding kwok's stage files: %w", err)
	}
	temporary, err := os.MkdirTemp(dir, ".kwok-stages-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	for _, stage := range stages {
		content, err := os.ReadFile(filepath.Join(folder, "kustomize", "stage", filepath.FromSlash(stage)))
		if err != nil {
			return fmt.Errorf("reading a stage file of kwok: %w", err)
		}
		if err := os.WriteFile(filepath.Join(temporary, filepath.Base(stage)), content, 0o644); err != nil {
			return err
		}
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(StagesDir(dir)); err != nil {
		return err
	}
	return os.Rename(temporary, StagesDir(dir))
}
