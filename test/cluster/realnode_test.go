package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/binaries"
)

// TestRealNode starts a real node, tries it, and checks what it leaves behind. It needs root on Linux and some minutes. "go -C
// test/cluster run . check-node" runs it, and says clearly if it cannot.
func TestRealNode(t *testing.T) {
	wanted := os.Getenv(nodeTestVariable)
	if wanted == "" {
		t.Skipf("NOT RUN: it takes root and minutes: run it by check-node, or set %s=1", nodeTestVariable)
	}
	if err := checkNode(t.Context()); err != nil {
		if wanted == "required" {
			t.Fatal(err)
		}
		t.Skipf("NOT RUN: %v", err)
	}
	n := newNodeTest(t)
	before := n.traces()

	n.run("up", "--node=real", "--name="+n.name)
	n.tryNode()
	ids, link := n.processes(), n.state().Node.Link.Name
	n.run("down", "--name="+n.name)
	n.mustBeGone(before, ids, link)

	t.Run("it starts again", func(t *testing.T) {
		n.T = t
		n.run("up", "--node=real", "--name="+n.name)
		n.kubectl("", "run", "again", "--image="+toolboxImage, "--restart=Never", "--", "hostname")
		n.kubectl("", "wait", "pod/again", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
		ids, link := n.processes(), n.state().Node.Link.Name
		n.run("down", "--name="+n.name)
		n.mustBeGone(before, ids, link)
	})
	t.Run("what a killed run leaves is removed by the next command", func(t *testing.T) {
		n.T = t
		n.startAndKill()
		ids, link := n.processes(), n.state().Node.Link.Name
		n.run("down", "--name=another")
		n.mustBeGone(before, ids, link)
	})
}

// nodeTest uses the program as people do.
type nodeTest struct {
	*testing.T
	name, program, bin string
}

func newNodeTest(t *testing.T) *nodeTest {
	t.Helper()
	n := &nodeTest{T: t, name: fmt.Sprintf("test-%d", os.Getpid()), program: filepath.Join(t.TempDir(), "cluster")}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", n.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bin, err := ensure(t.Context(), binaries.Kubectl)
	if err != nil {
		t.Fatal(err)
	}
	n.bin = bin
	t.Cleanup(func() {
		// The test's context has ended by now.
		_ = exec.Command(n.program, "down", "--name="+n.name).Run()
	})
	return n
}

// run runs the program, which must succeed, and shows how long it took.
func (n *nodeTest) run(args ...string) string {
	n.Helper()
	start := time.Now()
	out, err := n.output(exec.CommandContext(n.Context(), n.program, args...), "")
	if err != nil {
		n.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	n.Logf("%s: %.1f s", strings.Join(args, " "), time.Since(start).Seconds())
	return out
}

// kubectl runs kubectl, which must succeed.
func (n *nodeTest) kubectl(stdin string, args ...string) string {
	n.Helper()
	out, err := n.tryKubectl(stdin, args...)
	if err != nil {
		n.Fatalf("kubectl %s: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(out)
}

func (n *nodeTest) tryKubectl(stdin string, args ...string) (string, error) {
	s := n.state()
	cmd := exec.CommandContext(n.Context(), filepath.Join(n.bin, binaries.Kubectl), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+s.kubeconfig("admin"), "KUBECACHEDIR="+s.path("kubectl-cache"), "KUBERC=off")
	return n.output(cmd, stdin)
}

func (*nodeTest) output(cmd *exec.Cmd, stdin string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%w\n%s%s", err, stdout.String(), stderr.String())
	}
	return stdout.String(), nil
}

// eventually waits until a function succeeds.
func (n *nodeTest) eventually(what string, function func() error) {
	n.Helper()
	ctx, cancel := context.WithTimeout(n.Context(), time.Minute)
	defer cancel()
	for {
		err := function()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			n.Fatalf("%s: %v", what, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (n *nodeTest) state() *state {
	n.Helper()
	clusters, err := clustersDir()
	if err != nil {
		n.Fatal(err)
	}
	s, err := loadState(filepath.Join(clusters, n.name))
	if err != nil {
		n.Fatal(err)
	}
	return s
}

// startAndKill starts a cluster by run, and kills run and its command with SIGKILL.
func (n *nodeTest) startAndKill() {
	n.Helper()
	cmd := exec.CommandContext(n.Context(), n.program, "run", "--node=real", "--name="+n.name, "--", "sh", "-c", "echo running; exec sleep 600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		n.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		n.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "running\n" {
		n.Fatalf("the command said %q: %v", line, err)
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
		n.Fatal(err)
	}
	_ = cmd.Wait() // It was killed.
}

// get makes an HTTP call from within the node's network.
func (n *nodeTest) get(address string) (answer string, err error) {
	inside, err := n.state().inside()
	if err != nil {
		return "", err
	}
	var connection net.Conn
	err = inside.Do(func() error {
		var err error
		connection, err = net.Dial("tcp", address)
		return err
	})
	if err != nil {
		return "", err
	}
	defer connection.Close()
	err = connection.SetDeadline(time.Now().Add(10 * time.Second))
	if _, failure := fmt.Fprint(connection, "GET / HTTP/1.0\r\n\r\n"); failure != nil {
		return "", errors.Join(err, failure)
	}
	var content bytes.Buffer
	_, err = content.ReadFrom(connection)
	return content.String(), err
}
