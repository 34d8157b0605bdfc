// Package delay passes TCP connections on to one address, with latency that can be changed while they are open.
package delay

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Proxy is such a proxy. A chunk of data arrives Delay later than it was sent, in each direction; chunks do not wait for one another.
type Proxy struct {
	listener net.Listener
	target   string
	delay    atomic.Int64
}

// Listen opens a proxy on a free port of this machine.
func Listen(ctx context.Context, target string) (*Proxy, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the managers: %w", err)
	}
	return &Proxy{listener: listener, target: target}, nil
}

// Address returns where the proxy listens.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Set sets the latency of what is sent from now on.
func (p *Proxy) Set(delay time.Duration) { p.delay.Store(int64(delay)) }

// Serve passes connections on until ctx ends.
func (p *Proxy) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { p.listener.Close() })
	defer stop()
	for {
		connection, err := p.listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accepting a connection of a manager: %w", err)
		}
		go p.pass(ctx, connection)
	}
}

// pass passes one connection on. It closes both ends when one of them ends: HTTPS does not use half of a connection.
func (p *Proxy) pass(ctx context.Context, client net.Conn) {
	defer client.Close()
	var dialer net.Dialer
	server, err := dialer.DialContext(ctx, "tcp", p.target)
	if err != nil {
		return // The client sees its connection end, as if nobody listened.
	}
	defer server.Close()
	stop := context.AfterFunc(ctx, func() { client.Close() })
	defer stop()
	done := make(chan struct{}, 2)
	for _, ends := range [][2]net.Conn{{server, client}, {client, server}} {
		go func() {
			Pipe(ends[0], ends[1], func() time.Duration { return time.Duration(p.delay.Load()) })
			done <- struct{}{}
		}()
	}
	<-done
}

// chunk is data that is due at a time.
type chunk struct {
	data []byte
	due  time.Time
}

// Pipe copies until one side ends. What it reads it writes delay later.
func Pipe(to io.Writer, from io.Reader, delay func() time.Duration) {
	const size, ahead = 32 << 10, 256 // 8 MiB on their way are more than a connection carries in a second of latency.
	chunks := make(chan chunk, ahead)
	ended := make(chan struct{})
	go func() {
		defer close(chunks)
		for {
			data := make([]byte, size)
			n, err := from.Read(data)
			if n > 0 {
				select {
				case chunks <- chunk{data: data[:n], due: time.Now().Add(delay())}:
				case <-ended:
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	defer close(ended)
	for c := range chunks {
		if wait := time.Until(c.due); wait > 0 {
			time.Sleep(wait)
		}
		if _, err := to.Write(c.data); err != nil {
			return
		}
	}
}
