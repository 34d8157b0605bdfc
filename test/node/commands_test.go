package node

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// repository is the folder in which the commands run, as people type them.
var repository = filepath.Join("..", "..")

// run runs a program that must succeed, logs how long it took, and returns its output.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	began := time.Now()
	out, err := try(t, "", name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	t.Logf("%5.1f s  %s %s", time.Since(began).Seconds(), filepath.Base(name), strings.Join(args, " "))
	return out
}

// try runs a program, and returns its output. The error contains that, too.
func try(t *testing.T, stdin, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	home := filepath.Join(os.TempDir(), "namesake-no-helm") // This is separate from the user's own settings.
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home, "KUBERC=off")
	cmd.Dir = repository
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%w\n%s%s", err, stdout.String(), stderr.String())
	}
	return strings.TrimSpace(stdout.String()), nil
}

func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, "kubectl", args...)
}

func helm(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, "helm", args...)
}

// ask runs a kubectl command that only reads and must succeed.
func ask(t *testing.T, args ...string) string {
	t.Helper()
	out, err := try(t, "", "kubectl", append([]string{"--namespace", system}, args...)...)
	if err != nil {
		t.Fatalf("kubectl %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// readme returns the commands below a heading of the chart's README.md, each split into words.
func readme(t *testing.T, heading string) [][]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository, "charts", "namesake", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(content), "\n## "+heading+"\n")
	_, block, _ := strings.Cut(section, "\n```\n")
	block, _, found := strings.Cut(block, "\n```\n")
	if !found {
		t.Fatalf("the chart's README.md has no commands below %q", heading)
	}
	var commands [][]string
	for line := range strings.SplitSeq(strings.ReplaceAll(block, "\\\n", ""), "\n") {
		commands = append(commands, strings.Fields(line))
	}
	return commands
}
