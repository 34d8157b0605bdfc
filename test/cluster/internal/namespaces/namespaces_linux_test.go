package namespaces

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

const mainThread = "/proc/self/ns/net"

var outside, _ = os.Readlink(mainThread) // The test that uses it sees if this failed.

func TestWhatRunsInside(t *testing.T) {
	if err := Check(); err != nil {
		t.Skip("NOT RUN:", err)
	}
	holder := exec.CommandContext(t.Context(), "sleep", "60")
	if err := Create(holder); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = holder.Wait() })
	identity, err := process.Identify(holder.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	inside := Of{Holder: identity}

	cmd := exec.CommandContext(t.Context(), "sh", "-c", "echo $$; readlink /proc/$1/ns/net", "sh", "self")
	var output bytes.Buffer
	cmd.Stdout = &output
	if err := inside.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if pid, _, _ := strings.Cut(output.String(), "\n"); pid != "2" {
		t.Errorf("the first process after the holder is %s", pid)
	}

	const own = "/proc/thread-self/ns/net"
	var there string
	err = inside.Do(func() error {
		there, err = os.Readlink(own)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if here, err := os.Readlink(own); err != nil || here == there {
		t.Errorf("the function ran in the machine's network: %s %v", there, err)
	}

	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // It was killed.
	if err := inside.Do(func() error { return nil }); err == nil {
		t.Error("the namespaces are entered after their end")
	}
}

// The main thread outlives its goroutine, so what entered namespaces on it would leave /proc/self there. Functions that all run
// at once use up the threads that Go has at hand, and the main thread is one of them.
func TestTheMainThreadStaysOutside(t *testing.T) {
	if now, err := os.Readlink(mainThread); err != nil || now != outside {
		t.Errorf("another test left the main thread in the network %s, not %s: %v", now, outside, err)
	}
	const functions = 100
	var running, ended sync.WaitGroup
	running.Add(functions)
	for range functions {
		ended.Go(func() {
			err := apart(func() error {
				running.Done()
				running.Wait()
				if unix.Gettid() == unix.Getpid() {
					return errors.New("a function runs on the main thread")
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	ended.Wait()
}
