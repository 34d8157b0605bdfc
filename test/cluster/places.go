package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// cacheDir returns the folder below which the programs and the clusters' state are.
func cacheDir() (string, error) {
	if dir := os.Getenv("NAMESAKE_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder, set NAMESAKE_CACHE to one: %w", err)
	}
	return filepath.Join(dir, "namesake"), nil
}

// repositoryDir searches the repository's root from the current folder upwards: `go -C test/cluster run .` runs this program
// in test/cluster.
func repositoryDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(sourceDir(dir), "kubernetes", "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("the current folder is not in Namesake's repository: run this there")
		}
		dir = parent
	}
}

// sourceDir returns this program's folder in the repository.
func sourceDir(repository string) string {
	return filepath.Join(repository, "test", "cluster")
}
