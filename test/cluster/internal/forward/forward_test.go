package forward

import (
	"context"
	"io"
	"net"
	"testing"
)

// server answers each connection with its name, and then echoes.
func server(t *testing.T, name string) string {
	t.Helper()
	listener := listen(t)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				_, _ = io.WriteString(connection, name)
				_, _ = io.Copy(connection, connection)
			}()
		}
	}()
	return listener.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// refusing returns an address at which nobody listens.
func refusing(t *testing.T) string {
	t.Helper()
	listener := listen(t)
	listener.Close()
	return listener.Addr().String()
}

func serve(t *testing.T, targets ...string) (address string, stop func() error) {
	t.Helper()
	forwarder, err := New(targets...)
	if err != nil {
		t.Fatal(err)
	}
	listener := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- forwarder.Serve(ctx, listener) }()
	return listener.Addr().String(), func() error { cancel(); return <-result }
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return connection
}

func read(t *testing.T, connection net.Conn, length int) string {
	t.Helper()
	buffer := make([]byte, length)
	if _, err := io.ReadFull(connection, buffer); err != nil {
		t.Fatal(err)
	}
	return string(buffer)
}

func TestConnectionsGoRound(t *testing.T) {
	address, _ := serve(t, server(t, "a"), server(t, "b"), server(t, "c"))
	got := ""
	for range 6 {
		got += read(t, dial(t, address), 1)
	}
	if got != "abcabc" {
		t.Errorf("the order is %s", got)
	}
}

func TestATargetThatRefusesIsPassedOver(t *testing.T) {
	address, _ := serve(t, refusing(t), server(t, "b"))
	for range 3 {
		if got := read(t, dial(t, address), 1); got != "b" {
			t.Errorf("got %s", got)
		}
	}
}

func TestBytesGoBothWays(t *testing.T) {
	address, _ := serve(t, server(t, "a"))
	connection := dial(t, address)
	if _, err := io.WriteString(connection, "hello"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, connection, 6); got != "ahello" {
		t.Errorf("got %s", got)
	}
}

func TestAConnectionEndsWhenNobodyAnswers(t *testing.T) {
	address, _ := serve(t, refusing(t))
	if _, err := dial(t, address).Read(make([]byte, 1)); err == nil {
		t.Error("read something from nobody")
	}
}

func TestStopping(t *testing.T) {
	address, stop := serve(t, server(t, "a"))
	connection := dial(t, address)
	read(t, connection, 1)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := connection.Read(make([]byte, 1)); err == nil {
		t.Error("the connection outlives the forwarder")
	}
}

func TestAForwarderNeedsATarget(t *testing.T) {
	if _, err := New(); err == nil {
		t.Error("there is a forwarder to nowhere")
	}
}
