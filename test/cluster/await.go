package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

// errNotYet is why a wait failed when nothing else is known.
var errNotYet = errors.New("it is not so yet")

const pollInterval = 50 * time.Millisecond

// await polls until isSo returns true. It gives up when a process of the cluster ends, when the limit is over, or when the
// context ends.
func (c *cluster) await(ctx context.Context, what string, isSo func(context.Context) (bool, error)) error {
	limited, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		so, err := isSo(limited)
		if so {
			return nil
		}
		if ended := c.ended(); ended != nil {
			return fmt.Errorf("waiting for %s: %w", what, ended.Failure())
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-limited.Done():
			return fmt.Errorf("waited %s for %s in vain: %w; the logs end:%s", startLimit, what, cmp.Or(err, errNotYet), c.tails())
		case <-time.After(pollInterval):
		}
	}
}

// awaitAnswer polls until the API server answers a GET of the path.
func (c *cluster) awaitAnswer(ctx context.Context, what, path string) error {
	return c.await(ctx, what, func(ctx context.Context) (bool, error) {
		err := c.api.get(ctx, path, nil)
		return err == nil, err
	})
}

// ended returns a process of the cluster that has ended by itself, or nil.
func (c *cluster) ended() *process.Running {
	for _, running := range c.running {
		select {
		case <-running.Exited():
			return running
		default:
		}
	}
	return nil
}

// tails returns the ends of all logs.
func (c *cluster) tails() string {
	var text strings.Builder
	for _, running := range c.running {
		fmt.Fprintf(&text, "\n%s:\n%s", running.Name, process.Tail(running.Log, 5))
	}
	return text.String()
}

// healthy reports whether a GET of the URL is answered by 200.
func healthy(ctx context.Context, url string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("%s: %s", url, response.Status)
	}
	return true, nil
}
