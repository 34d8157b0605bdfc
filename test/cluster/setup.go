package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/machine"
)

// setupCommand installs what a real node needs from the system.
func setupCommand(ctx context.Context, args []string) error {
	if err := parseNoFlags("setup", args); err != nil {
		return err
	}
	return machine.Setup(ctx)
}

// nodeTestVariable enables the test of a real node. The test would otherwise surprise users who only run this module's tests.
const nodeTestVariable = "NAMESAKE_TEST_REAL_NODE"

// checkNodeCommand runs the test of a real node if the machine allows one. If not, it prints that in a way that is not
// overlooked, and succeeds. With NAMESAKE_TEST_REAL_NODE=required it fails.
func checkNodeCommand(ctx context.Context, args []string) error {
	if err := parseNoFlags("check-node", args); err != nil {
		return err
	}
	if err := checkNode(ctx); err != nil {
		sayNotRun(err)
		if os.Getenv(nodeTestVariable) == "required" {
			return exitCode(1)
		}
		return nil
	}
	repository, err := repositoryDir()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-run=TestRealNode", "-count=1", "-v", "-timeout=40m", ".")
	cmd.Dir = filepath.Join(repository, "test", "cluster")
	cmd.Env = append(os.Environ(), nodeTestVariable+"=required")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err = cmd.Run()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return exitCode(codeOf(ended))
	}
	return err
}
