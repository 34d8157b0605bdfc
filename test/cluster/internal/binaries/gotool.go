package binaries

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// GoCommand returns the go tool, run in dir and for this machine, whatever the caller's environment says. GOFLAGS is set and
// not emptied, since an empty one falls back to what `go env -w` stored.
func GoCommand(ctx context.Context, dir string, cgo bool, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	enabled := "CGO_ENABLED=0"
	if cgo {
		enabled = "CGO_ENABLED=1"
	}
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, enabled, "PWD="+dir)
	// An interrupted go tool ends its compilers. A killed one leaves them running.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// RunGo runs the go tool. Its output becomes part of the error.
func RunGo(cmd *exec.Cmd) error {
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	return explain(cmd, cmd.Run(), &output)
}

func goOutput(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := GoCommand(ctx, dir, false, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), explain(cmd, err, &stderr)
}

func explain(cmd *exec.Cmd, err error, output *bytes.Buffer) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("there is no go in PATH: install Go 1.26 or newer, or put its bin folder into PATH")
	}
	return fmt.Errorf("%s (in %s): %w\n%s", strings.Join(cmd.Args, " "), cmd.Dir, err, bytes.TrimSpace(output.Bytes()))
}
