package machine

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// hierarchies returns the folders at which the kernel shows cgroups: one, or one for each controller in version 1.
func hierarchies() ([]string, error) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var dirs []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		before, after, _ := strings.Cut(lines.Text(), " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if len(fields) < 6 || len(kind) < 1 || !strings.HasPrefix(kind[0], "cgroup") || slices.Contains(dirs, fields[4]) {
			continue
		}
		if strings.Contains(","+fields[5]+",", ",rw,") {
			dirs = append(dirs, fields[4])
		}
	}
	return dirs, nil
}

// makeCgroup makes a cgroup of that name in all hierarchies. The node makes its Pods' cgroups below it. Ending the namespaces
// does not remove the cgroups; RemoveCgroup does.
func makeCgroup(name string) error {
	dirs, err := hierarchies()
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		for _, controller := range controllers {
			// In version 2, a cgroup has the controllers that its parent passes on. Where this fails, there is no controller
			// of that name.
			_ = os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
		}
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			return fmt.Errorf("making a cgroup: %w", err)
		}
	}
	return nil
}

// controllers are the controllers that kubelet asks for.
var controllers = []string{"cpu", "cpuset", "memory", "pids", "hugetlb"}

// RemoveCgroup removes the cgroups of that name and all below. Their processes must have ended, which the kernel may take a
// moment to notice.
func RemoveCgroup(name string) error {
	dirs, err := hierarchies()
	if err != nil {
		return err
	}
	var errs []error
	for _, dir := range dirs {
		errs = append(errs, removeCgroup(filepath.Join(dir, name)))
	}
	return errors.Join(errs...)
}

// removeCgroup retries until the kernel has released the cgroup. The kernel does so a moment after the last process has ended,
// and tells nobody.
func removeCgroup(dir string) error {
	var err error
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = removeTree(dir); !errors.Is(err, syscall.EBUSY) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("removing a cgroup: %w", err)
	}
	return nil
}

// removeTree removes folders from the innermost outwards. The files in them are the kernel's.
func removeTree(dir string) error {
	var dirs []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	slices.Reverse(dirs)
	for _, dir := range dirs {
		if err := syscall.Rmdir(dir); err != nil && !errors.Is(err, syscall.ENOENT) {
			return &fs.PathError{Op: "rmdir", Path: dir, Err: err}
		}
	}
	return err
}

// Cgroups lists the existing cgroups of that name.
func Cgroups(name string) ([]string, error) {
	dirs, err := hierarchies()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(dirs, func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err != nil
	}), nil
}
