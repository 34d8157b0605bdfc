package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// covered are the folders of the machine that a node writes to. The node gets empty ones instead.
var covered = []string{"/run", "/var/lib", "/var/log"}

// guarded are the settings of the whole machine that kubelet changes and no namespace isolates. kubelet reads and writes files
// instead, so nothing has to be restored, however this ends.
var guarded = []string{
	"kernel/keys/root_maxbytes", "kernel/keys/root_maxkeys", "kernel/panic", "kernel/panic_on_oops",
	"vm/overcommit_memory", "vm/panic_on_oom",
}

// makeMounts makes the node's view of the file system.
func makeMounts(dir string, keep []string) error {
	// This comes first: later mounts must not be visible outside.
	if err := mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	if err := coverFolders(keep); err != nil {
		return err
	}
	for _, name := range []string{"/run/lock", "/run/netns", "/var/lib/cni"} {
		if err := os.MkdirAll(name, 0o755); err != nil {
			return err
		}
	}
	// Pods' volumes must not be in memory, and their logs must be visible from outside.
	for name, at := range map[string]string{"kubelet": "/var/lib/kubelet", podLogs: "/var/log/pods"} {
		source := filepath.Join(dir, name)
		if err := os.MkdirAll(source, 0o755); err != nil {
			return err
		}
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		if err := mount(source, at, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	if err := guard(); err != nil {
		return err
	}
	return mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}

// coverFolders mounts over the covered folders, and mounts what is to be kept over these again.
func coverFolders(keep []string) error {
	handles := map[string]int{} // Below a cover, nothing can be found by its path any more.
	for _, name := range keep {
		if !slices.ContainsFunc(covered, func(cover string) bool { return strings.HasPrefix(name, cover+"/") }) {
			continue
		}
		handle, err := unix.Open(name, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("opening %s: %w", name, err)
		}
		handles[name] = handle
	}
	for _, name := range covered {
		if err := mount("namesake", name, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
			return err
		}
	}
	for name, handle := range handles {
		if err := os.MkdirAll(name, 0o755); err != nil {
			return err
		}
		if err := mount(fmt.Sprintf("/proc/self/fd/%d", handle), name, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return err
		}
		if err := unix.Close(handle); err != nil {
			return err
		}
	}
	return nil
}

// guard mounts over each guarded setting a file with the current value.
func guard() error {
	const dir = "/run/namesake/sys"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range guarded {
		setting := "/proc/sys/" + name
		value, err := os.ReadFile(setting)
		if err != nil {
			return err
		}
		stand := filepath.Join(dir, strings.ReplaceAll(name, "/", "."))
		if err := os.WriteFile(stand, value, 0o644); err != nil {
			return err
		}
		if err := mount(stand, setting, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	// A Pod in a user namespace may mount /proc only if there is a /proc with nothing mounted over it.
	const whole = "/run/namesake/proc"
	if err := os.MkdirAll(whole, 0o755); err != nil {
		return err
	}
	return mount("proc", whole, "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
}

func mount(source, target, kind string, flags uintptr, data string) error {
	if err := unix.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("mounting %q on %s: %w", source, target, err)
	}
	return nil
}

// reap waits for children, most of them adopted ones, until the context ends.
func reap(ctx context.Context) error {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	for {
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ended:
		}
	}
}
