// Command toolbox is the program of the image that a real node's tests run. It is a small web server, an admission webhook,
// and the commands that people type into a container, with a shell. The name by which it is called, or the first argument,
// selects one of these.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

var tools = map[string]func(ctx context.Context, args []string) error{
	"cat":      cat,
	"env":      env,
	"get":      get,
	"hostname": hostname,
	"id":       id,
	"lookup":   lookup,
	"ls":       ls,
	"serve":    serve,
	"sh":       sh,
	"sleep":    sleep,
	"webhook":  webhook,
}

// exitCode is the error of a tool that ends with its own exit code.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func main() {
	os.Exit(run(os.Args))
}

func run(args []string) int {
	tool, ok := tools[filepath.Base(args[0])]
	if !ok && len(args) > 1 {
		args = args[1:]
		tool, ok = tools[args[0]]
	}
	if !ok {
		fmt.Fprintln(os.Stderr, "usage: toolbox cat|env|get|hostname|id|lookup|ls|serve|sh|sleep|webhook ...")
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var code exitCode
	switch err := tool(ctx, args[1:]); {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	default:
		fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(args[0]), err)
		return 1
	}
}
