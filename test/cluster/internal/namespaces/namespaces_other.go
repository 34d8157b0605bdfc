//go:build !linux

package namespaces

import (
	"errors"
	"os/exec"
)

var errNotLinux = errors.New("only Linux has namespaces")

// Create starts a command as the first process of new namespaces.
func Create(*exec.Cmd) error { return errNotLinux }

// Check returns an error if this process cannot make namespaces.
func Check() error { return errNotLinux }

// Do runs a function in the namespaces.
func (Of) Do(func() error) error { return errNotLinux }
