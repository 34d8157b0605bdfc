package namespaces

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

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
