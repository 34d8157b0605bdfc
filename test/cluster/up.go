package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

// upCommand starts a cluster and leaves it running.
func upCommand(ctx context.Context, args []string) error {
	o := &options{}
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	o.add(flags)
	if err := parse(flags, args); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	c, err := startCluster(ctx, o)
	if err != nil {
		return err
	}
	c.state.Owner = nil // From here on the cluster has no owner.
	if err := c.state.save(); err != nil {
		return err
	}
	c.timeline.reached("the cluster %q is up", o.name)
	fmt.Fprintf(os.Stderr, "\n  export KUBECONFIG=%s\n  export PATH=%s\n\n", c.state.kubeconfig("admin"), c.pathBefore("$PATH"))
	return nil
}

// kubeconfigCommand prints the path of the admin's kubeconfig.
func kubeconfigCommand(_ context.Context, args []string) error {
	o := &options{}
	flags := flag.NewFlagSet("kubeconfig", flag.ContinueOnError)
	o.addPlace(flags)
	if err := parse(flags, args); err != nil {
		return err
	}
	s, err := o.load()
	if err != nil {
		return err
	}
	fmt.Println(s.kubeconfig("admin"))
	return nil
}
