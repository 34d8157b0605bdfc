package delay_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/namesake-sandbox/namesake/test/chaos/delay"
)

// The clock of the bubble advances only when everybody waits, so the times are exact.
func TestPipeDelaysWithoutHoldingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, source := net.Pipe()
		sink, out := net.Pipe()
		latency := 100 * time.Millisecond
		go delay.Pipe(sink, source, func() time.Duration { return latency })
		began := time.Now()
		go func() {
			for _, word := range []string{"one", "two"} { // The second is sent while the first is on its way.
				if _, err := in.Write([]byte(word)); err != nil {
					t.Error(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		data := make([]byte, 3)
		for i, word := range []string{"one", "two"} {
			if _, err := io.ReadFull(out, data); err != nil {
				t.Fatal(err)
			}
			want := latency + time.Duration(i)*10*time.Millisecond
			if took := time.Since(began); string(data) != word || took != want {
				t.Errorf("%q came after %s, want %q after %s", data, took, word, want)
			}
		}
		in.Close()
		out.Close()
	})
}

func TestProxyPassesOn(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		connection, err := server.Accept()
		if err != nil {
			return
		}
		defer connection.Close()
		_, _ = io.Copy(connection, connection)
	}()
	proxy, err := delay.Listen(t.Context(), server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if err := proxy.Serve(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	client, err := net.Dial("tcp", proxy.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Write([]byte("echo")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if _, err := io.ReadFull(client, got); err != nil || string(got) != "echo" {
		t.Errorf("got %q, %v", got, err)
	}
}
