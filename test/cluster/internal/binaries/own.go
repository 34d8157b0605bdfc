package binaries

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Sum returns a checksum of the module in that folder beside this program. What is built from the module is kept under this
// name.
func (b *Builder) Sum(folder string) (string, error) {
	hash := sha256.New()
	err := filepath.WalkDir(filepath.Join(b.Source, folder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(b.Source, path)
		fmt.Fprintf(hash, "%s %d\n%s", filepath.ToSlash(name), len(content), content)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil))[:16], err
}

// BuildOwn builds the static program of a package in that folder.
func (b *Builder) BuildOwn(ctx context.Context, folder, pkg, to string) error {
	fmt.Fprintf(b.Progress, "building %s ...\n", filepath.Base(to))
	cmd := GoCommand(ctx, filepath.Join(b.Source, folder), false,
		"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", to, pkg)
	if err := RunGo(cmd); err != nil {
		return fmt.Errorf("building %s: %w", filepath.Base(to), err)
	}
	return nil
}
