package machine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

// Claim reserves a link for a node, with the cgroups that are named after the link. It records the link before it makes
// anything. The cgroups belong to whoever recorded the link: nobody else gets the same.
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
	return link, makeCgroup(link.Name) // This is the claim: from here on, the link is not free.
}

// lock separates processes that choose a link at the same time. The lock is an address that lives as long as its process, in
// the network of the links.
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
