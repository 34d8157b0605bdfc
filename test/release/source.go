package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// output runs a program in a folder and returns what it prints. The error has what it complained of.
func output(ctx context.Context, dir string, env []string, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "PWD="+dir), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(append([]string{filepath.Base(program)}, args...), " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// isDirty reports whether the source has changes that are not committed, or files that git neither has nor ignores.
func isDirty(ctx context.Context, source string) (bool, error) {
	status, err := output(ctx, source, nil, "git", "--no-optional-locks", "status", "--porcelain")
	if err != nil {
		return false, fmt.Errorf("a release is made in a clone of the repository: %w", err)
	}
	return len(bytes.TrimSpace(status)) > 0, nil
}

// timeOf returns the one time that everything in a release has: epoch, in seconds since 1970 as SOURCE_DATE_EPOCH has it
// (https://reproducible-builds.org/specs/source-date-epoch/), or the time of the commit.
func timeOf(ctx context.Context, source, epoch string) (time.Time, error) {
	if epoch == "" {
		commit, err := output(ctx, source, nil, "git", "log", "-1", "--format=%ct")
		if err != nil {
			return time.Time{}, err
		}
		epoch = strings.TrimSpace(string(commit))
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH %q: must be a number of seconds since 1970", epoch)
	}
	at := time.Unix(seconds, 0).UTC()
	if at.Year() < 1980 || at.Year() > 2107 { // What a zip archive can say.
		return time.Time{}, errors.New("SOURCE_DATE_EPOCH: must be in the years 1980 to 2107")
	}
	return at, nil
}
