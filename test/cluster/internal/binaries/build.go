package binaries

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Builder builds the programs that are missing in the cache.
type Builder struct {
	// Source is the folder that holds the module folders.
	Source string
	// Kubernetes is the minor version of Kubernetes, such as 1.30, which has a folder of its own. Empty is the newest.
	Kubernetes string
	// Cache is the folder below which the programs are kept.
	Cache string
	// Progress gets a line before and after each build.
	Progress io.Writer
}

// Ensure builds the missing ones of the named programs, and returns the folder that holds them.
func (b *Builder) Ensure(ctx context.Context, names ...string) (string, error) {
	return b.ensure(ctx, modules, names)
}

// EnsureHelm builds helm if it is missing and returns its path.
func (b *Builder) EnsureHelm(ctx context.Context) (string, error) {
	dir, err := b.ensure(ctx, []module{helm}, []string{Helm})
	return filepath.Join(dir, Helm), err
}

// ensure builds what is missing, into the folder that is named after the versions of these modules.
func (b *Builder) ensure(ctx context.Context, modules []module, names []string) (string, error) {
	versions, err := b.versions(ctx, modules)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(b.Cache, "bin", versions.folder(modules))
	if missing, err := missingOf(dir, names); err != nil || len(missing) == 0 {
		return dir, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("creating the folder for the programs (set NAMESAKE_CACHE to one that can be written): %w", err)
	}
	unlock, err := b.lock(ctx, dir+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	// Another build may have finished while this one waited for the lock.
	missing, err := missingOf(dir, names)
	if err != nil {
		return "", err
	}
	for _, c := range missing {
		if err := b.build(ctx, c, versions[c.module.path], dir); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// missingOf returns the components that dir lacks.
func missingOf(dir string, names []string) ([]component, error) {
	var missing []component
	for _, name := range names {
		c, err := find(name)
		if err != nil {
			return nil, err
		}
		if !Exists(filepath.Join(dir, name)) || (name == Kwok && !Exists(StagesDir(dir))) {
			missing = append(missing, c)
		}
	}
	return missing, nil
}

// build builds one component into dir, at first under a temporary name, so that a program in dir is always complete.
func (b *Builder) build(ctx context.Context, c component, version, dir string) error {
	fmt.Fprintf(b.Progress, "building %s %s%s ...\n", c.name, version, c.note)
	start := time.Now()
	if c.name == Kwok {
		if err := copyStages(ctx, b.dir(c.module), dir); err != nil {
			return err
		}
	}
	temporary := filepath.Join(dir, "."+c.name+".building")
	defer os.Remove(temporary)
	flags := "-s -w"
	if c.stamp != nil {
		flags += " " + c.stamp(version)
	}
	cmd := GoCommand(ctx, b.dir(c.module), c.cgo,
		"build", "-trimpath", "-buildvcs=false", "-tags", c.tags, "-ldflags", flags, "-o", temporary, c.pkg)
	if err := RunGo(cmd); err != nil {
		return fmt.Errorf("building %s: %w", c.name, err)
	}
	if err := os.Rename(temporary, filepath.Join(dir, c.name)); err != nil {
		return err
	}
	fmt.Fprintf(b.Progress, "built %s in %.0f s\n", c.name, time.Since(start).Seconds())
	return nil
}

// Exists reports whether something exists at path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
