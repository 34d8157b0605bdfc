package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// runCommand starts a separate cluster, runs a command against it and stops it, whatever happens. It exits with the command's
// exit code.
func runCommand(ctx context.Context, args []string) (err error) {
	o := &options{}
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	o.add(flags)
	flags.StringVar(&o.logs, "logs", "", "a folder to copy the components' logs to at the end")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return exitCode(2)
	}
	if flags.NArg() == 0 {
		return errors.New("run needs a command: run [flags] -- COMMAND ARGUMENTS")
	}
	if o.name == "default" {
		o.name = fmt.Sprintf("run-%d", os.Getpid())
	}
	if err := o.check(); err != nil {
		return err
	}
	c, err := startCluster(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		c.keepLogs()
		if failure := c.state.latest().stop(); failure != nil {
			fmt.Fprintln(os.Stderr, "error:", failure) // It is printed here, since the command's exit code does not show it.
			err = cmp.Or(err, error(exitCode(1)))
			return
		}
		c.timeline.reached("the cluster is stopped")
	}()
	c.timeline.reached("the cluster is up")
	return c.runAgainst(ctx, flags.Args())
}

// runAgainst runs the command in the repository's root, with the cluster in its environment.
func (c *cluster) runAgainst(ctx context.Context, command []string) error {
	repository, err := repositoryDir()
	if err != nil {
		return err
	}
	done := make(chan struct{})
	defer close(done)
	c.reportEnds(done)

	if err := os.Setenv("PATH", c.path()); err != nil { // The lookup of the command itself needs it, too.
		return err
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = repository
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(),
		"PWD="+repository,
		"KUBECONFIG="+c.state.kubeconfig("admin"),
		"NAMESAKE_CLUSTER_DIR="+c.state.dir,
		"KUBECACHEDIR="+c.state.path("kubectl-cache"),
	)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second

	err = cmd.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ctx.Err() == nil {
		return exitCode(codeOf(ended))
	}
	return err
}

// path returns a PATH with the cluster's clients.
func (c *cluster) path() string {
	return c.pathBefore(os.Getenv("PATH"))
}

func (c *cluster) pathBefore(rest string) string {
	folders := []string{c.bin, rest}
	if c.helm != "" {
		folders = []string{c.bin, filepath.Dir(c.helm), rest}
	}
	return strings.Join(folders, string(os.PathListSeparator))
}

// codeOf returns the exit code with which a shell would report the end of a process.
func codeOf(ended *exec.ExitError) int {
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return ended.ExitCode()
}

// reportEnds reports at once when a process of the cluster ends by itself, until done is closed.
func (c *cluster) reportEnds(done <-chan struct{}) {
	for _, running := range c.running {
		go func() {
			select {
			case <-running.Exited():
				if c.state.latest().killed(running.Record) {
					return
				}
				fmt.Fprintln(os.Stderr, "warning:", running.Failure())
			case <-done:
			}
		}()
	}
}

// keepLogs copies the logs to the place that the user wants.
func (c *cluster) keepLogs() {
	if c.options.logs == "" {
		return
	}
	err := os.MkdirAll(c.options.logs, 0o755)
	if err == nil {
		err = copyFiles(c.state.path("logs"), c.options.logs)
	}
	if err == nil && c.isReal() {
		err = os.CopyFS(filepath.Join(c.options.logs, "pods"), os.DirFS(c.state.path(podLogs)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "warning: keeping the logs:", err)
	}
}
