package machine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

// Claim takes a link for a node, with the cgroups that are named after it. It is recorded before anything is made, and
// theirs to whom it was recorded: nobody else gets the same.
func Claim(ctx context.Context, record func(Link) error) (Link, error) {
	unlock, err := lock(ctx)
	if err != nil {
		return Link{}, err
	}
	defer unlock()
	link, err := chooseFreeLink()
	if err != nil {
		return Link{}, err
	}
	if err := record(link); err != nil {
		return Link{}, err
	}
	return link, makeCgroup(link.Name) // The claim: from here on, the link is not free.
}

// lock keeps apart those who choose a link at the same time. It is an address that lives as long as its
// process, in the network that the links are in, too.
func lock(ctx context.Context) (func(), error) {
	for {
		held, err := (&net.ListenConfig{}).Listen(ctx, "unix", "@namesake-link")
		if err == nil {
			return func() { held.Close() }, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("waiting for others who start a node: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
