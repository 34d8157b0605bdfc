package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildPlugin builds the plugin of kubectl, under the names by which kubectl finds it and its completion.
func (e *environment) buildPlugin(ctx context.Context, root string) error {
	if !e.options.Plugin {
		return nil
	}
	program := filepath.Join(e.folder, "kubectl-namesake")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/kubectl-namesake")
	build.Dir = root
	if printed, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the plugin: %w\n%s", err, printed)
	}
	return os.Symlink(program, filepath.Join(e.folder, "kubectl_complete-namesake"))
}

// Printed is what a program has printed, and its exit code.
type Printed struct {
	Out, Err string
	Code     int
}

// String returns both streams as a transcript has them.
func (p Printed) String() string {
	text := p.Out
	if p.Err != "" {
		text += "(stderr)\n" + p.Err
	}
	return fmt.Sprintf("%s(exit code %d)\n", text, p.Code)
}

// Namesake runs "kubectl namesake" by the real kubectl as the editor, in this namespace. It replaces what differs from run to run.
func (n *Namespace) Namesake(t *testing.T, args ...string) Printed {
	t.Helper()
	return n.NamesakeIn(t.Context(), t, args...)
}

// NamesakeIn is Namesake for a command that is interrupted when ctx ends, as by Ctrl-C.
func (n *Namespace) NamesakeIn(ctx context.Context, t *testing.T, args ...string) Printed {
	t.Helper()
	return n.namesake(ctx, t, shared.editorKubeconfig, args)
}

// NamesakeAsAdmin is NamesakeIn as the administrator of the cluster.
func (n *Namespace) NamesakeAsAdmin(ctx context.Context, t *testing.T, args ...string) Printed {
	t.Helper()
	return n.namesake(ctx, t, shared.adminKubeconfig, args)
}

func (n *Namespace) namesake(ctx context.Context, t *testing.T, kubeconfig string, args []string) Printed {
	t.Helper()
	return n.plugin(ctx, t, append([]string{
		"namesake", "--kubeconfig", kubeconfig, "--cache-dir", filepath.Join(shared.folder, "kubectl"), "--namespace", n.Name,
	}, args...))
}

// NamesakeCompletes returns what kubectl offers for the last of these words after "kubectl namesake".
func (n *Namespace) NamesakeCompletes(t *testing.T, words ...string) Printed {
	t.Helper()
	return n.plugin(t.Context(), t, append([]string{
		"__complete", "namesake", "--kubeconfig", shared.editorKubeconfig, "--namespace", n.Name,
	}, words...))
}

func (n *Namespace) plugin(ctx context.Context, t *testing.T, args []string) Printed {
	t.Helper()
	command := exec.CommandContext(ctx, shared.server.ControlPlane.KubectlPath, args...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.Env = append(os.Environ(), "PATH="+shared.folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	var out, errOut bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(""), &out, &errOut
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return Printed{Out: n.Normalize(out.String()), Err: n.Normalize(errOut.String()), Code: command.ProcessState.ExitCode()}
}
