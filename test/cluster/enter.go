package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/machine"
)

// enterCommand runs a command in the namespaces of a real node, as root: iptables-save, ctr, or a client of a Service.
func enterCommand(ctx context.Context, args []string) error {
	o := &options{}
	flags := flag.NewFlagSet("enter", flag.ContinueOnError)
	o.addPlace(flags)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return exitCode(2)
	}
	if flags.NArg() == 0 {
		return errors.New("enter needs a command: enter [flags] -- COMMAND ARGUMENTS")
	}
	s, err := o.load()
	if err != nil {
		return err
	}
	inside, err := s.inside()
	if err != nil {
		return err
	}
	path := s.Node.Bin + string(os.PathListSeparator) + machine.Path()
	if err := os.Setenv("PATH", path); err != nil { // The lookup of the command itself needs it, too.
		return err
	}
	cmd := exec.CommandContext(ctx, flags.Arg(0), flags.Args()[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Dir = os.Stdin, os.Stdout, os.Stderr, "/"
	if err := inside.Start(cmd); err != nil {
		return err
	}
	err = cmd.Wait()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ctx.Err() == nil {
		return exitCode(codeOf(ended))
	}
	return err
}

// load reads the state of the cluster that the flags name.
func (o *options) load() (*state, error) {
	dir, err := o.stateDir()
	if err != nil {
		return nil, err
	}
	s, err := loadState(dir)
	if errors.Is(err, errNoCluster) {
		return nil, errors.Join(err, errors.New("in "+dir+": run up first, or name one by --name or --dir"))
	}
	return s, err
}
