package namespaces

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const kinds = unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID

// Create starts a command as the first process of new namespaces.
func Create(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Cloneflags |= kinds
	return cmd.Start()
}

// Check returns an error if this process cannot make namespaces.
func Check() error {
	err := apart(func() error { return unix.Unshare(kinds) })
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("the system does not let this process make namespaces (a container without privileges?): %w", err)
	}
	return err
}

// Do runs a function in the namespaces: what the function opens, dials and starts is inside. It must not start goroutines that
// are to be inside as well.
func (n Of) Do(function func() error) error {
	return apart(func() error { return n.enterAnd(function) })
}

// apart runs a function on a separate thread, which it never unlocks. A thread that has been in namespaces must not run
// anything else, and ends with its goroutine. Only the main thread does not end: Go parks it. It would stay in the namespaces,
// and /proc/self, which is the main thread, would show them to everyone. So the function never runs there.
func apart(function func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			result <- function()
			return
		}
		defer runtime.UnlockOSThread()
		result <- apart(function) // On another thread, since this goroutine holds the main one.
	}()
	return <-result
}

func (n Of) enterAnd(function func() error) error {
	handle, err := unix.PidfdOpen(n.Holder.PID, 0)
	if err != nil {
		return fmt.Errorf("entering the namespaces of process %d: %w", n.Holder.PID, err)
	}
	defer unix.Close(handle)
	// This check comes after the handle was taken, so the handle cannot be of a later process.
	if !n.Holder.Alive() {
		return fmt.Errorf("entering the namespaces of process %d: it has ended", n.Holder.PID)
	}
	// Threads share their working directory, but a thread must not share it with one that sees other mounts.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return err
	}
	if err := unix.Setns(handle, kinds); err != nil {
		return fmt.Errorf("entering the namespaces of process %d: %w", n.Holder.PID, err)
	}
	return function()
}
