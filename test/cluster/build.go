package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/binaries"
)

// ensure builds the missing ones of the named programs, and returns their folder.
func ensure(ctx context.Context, names ...string) (string, error) {
	builder, err := newBuilder()
	if err != nil {
		return "", err
	}
	return builder.Ensure(ctx, names...)
}

// kubernetesVariable names the variable that chooses the minor version of Kubernetes, such as 1.30. Without it, it is the newest.
const kubernetesVariable = "NAMESAKE_K8S"

func newBuilder() (*binaries.Builder, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	repository, err := repositoryDir()
	if err != nil {
		return nil, err
	}
	builder := &binaries.Builder{
		Source: sourceDir(repository), Cache: cache, Kubernetes: os.Getenv(kubernetesVariable), Progress: os.Stderr,
	}
	if err := builder.Check(); err != nil {
		return nil, err
	}
	return builder, nil
}

func buildCommand(ctx context.Context, args []string) error {
	if err := parseNoFlags("build", args); err != nil {
		return err
	}
	dir, err := ensure(ctx, binaries.All...)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "everything is built, in", dir)
	return nil
}

func binCommand(ctx context.Context, args []string) error {
	if err := parseNoFlags("bin", args); err != nil {
		return err
	}
	dir, err := ensure(ctx, binaries.All...)
	if err != nil {
		return err
	}
	fmt.Println(dir)
	return nil
}

func assetsCommand(ctx context.Context, args []string) error {
	if err := parseNoFlags("assets", args); err != nil {
		return err
	}
	if dir := binaries.EnvtestAssets(); dir != "" {
		fmt.Println(dir)
		return nil
	}
	dir, err := ensure(ctx, binaries.Envtest...)
	if err != nil {
		return err
	}
	fmt.Println(dir)
	return nil
}

// helmCommand prints the path of helm, with which people install the chart.
func helmCommand(ctx context.Context, args []string) error {
	if err := parseNoFlags("helm", args); err != nil {
		return err
	}
	builder, err := newBuilder()
	if err != nil {
		return err
	}
	helm, err := builder.EnsureHelm(ctx)
	if err != nil {
		return err
	}
	fmt.Println(helm)
	return nil
}

func parseNoFlags(command string, args []string) error {
	return parse(flag.NewFlagSet(command, flag.ContinueOnError), args)
}

// parse parses flags and refuses arguments beyond them.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return exitCode(2) // The flag package has already printed the error and the flags.
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s takes no arguments, but got: %s", flags.Name(), strings.Join(flags.Args(), " "))
	}
	return nil
}
