// Package forward spreads TCP connections over the replicas of a service.
package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// dialTimeout is generous for a loopback address: a replica that is not there refuses at once.
const dialTimeout = 2 * time.Second

// Forwarder passes each connection to the next target, or to the one after it if that one refuses.
type Forwarder struct {
	targets []string
	next    atomic.Uint64
}

// New returns a forwarder to these addresses.
func New(targets ...string) (*Forwarder, error) {
	if len(targets) == 0 {
		return nil, errors.New("a forwarder needs at least one target")
	}
	return &Forwarder{targets: targets}, nil
}

// Serve accepts connections until the context ends.
func (f *Forwarder) Serve(ctx context.Context, listener net.Listener) error {
	stop := context.AfterFunc(ctx, func() { listener.Close() })
	defer stop()
	for {
		connection, err := listener.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("accepting a connection: %w", err)
		}
		go f.handle(ctx, connection)
	}
}

func (f *Forwarder) handle(ctx context.Context, client net.Conn) {
	defer client.Close()
	server, err := f.dial(ctx)
	if err != nil {
		return // The client sees its connection end, and retries.
	}
	defer server.Close()
	// Both ends are closed as soon as one direction has ended, since HTTPS does not use half of a connection.
	stop := context.AfterFunc(ctx, func() { client.Close() })
	defer stop()
	done := make(chan struct{}, 2)
	go pipe(server, client, done)
	go pipe(client, server, done)
	<-done
}

func pipe(to, from net.Conn, done chan<- struct{}) {
	_, _ = io.Copy(to, from)
	done <- struct{}{}
}

// dial connects to the next target that answers. It tries each once.
func (f *Forwarder) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	first := f.next.Add(1) - 1
	var failures []error
	for i := range uint64(len(f.targets)) {
		target := f.targets[(first+i)%uint64(len(f.targets))]
		connection, err := dialer.DialContext(ctx, "tcp", target)
		if err == nil {
			return connection, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}
