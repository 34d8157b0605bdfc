package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"strings"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/forward"
)

// forwardCommand spreads the API server's webhook calls over the managers. The installation starts it in the background.
func forwardCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("forward", flag.ContinueOnError)
	listen := flags.String("listen", "", "the address to listen at")
	to := flags.String("to", "", "the addresses to forward to, separated by commas")
	if err := parse(flags, args); err != nil {
		return err
	}
	forwarder, err := forward.New(strings.Split(*to, ",")...)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listening for webhook calls: %w", err)
	}
	return forwarder.Serve(ctx, listener)
}
