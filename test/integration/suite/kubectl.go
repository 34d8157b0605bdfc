package suite

import (
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var uid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// Kubectl runs the real kubectl as the editor, in this namespace. It returns what kubectl prints on both streams, and whether
// it succeeded. It replaces what differs from run to run.
func (n *Namespace) Kubectl(t *testing.T, stdin string, args ...string) (output string, ok bool) {
	t.Helper()
	return n.kubectl(t, shared.editorKubeconfig, stdin, args)
}

// KubectlAs is Kubectl for a user with these groups, and for the administrator if user is empty.
func (n *Namespace) KubectlAs(t *testing.T, user string, groups []string, stdin string, args ...string) (output string, ok bool) {
	t.Helper()
	var as []string
	if user != "" {
		as = append(as, "--as="+user, "--as-group=system:authenticated")
	}
	for _, group := range groups {
		as = append(as, "--as-group="+group)
	}
	return n.kubectl(t, shared.adminKubeconfig, stdin, append(as, args...))
}

func (n *Namespace) kubectl(t *testing.T, kubeconfig, stdin string, args []string) (output string, ok bool) {
	t.Helper()
	kubectl := shared.server.ControlPlane.KubectlPath
	args = append([]string{
		"--kubeconfig", kubeconfig, "--cache-dir", filepath.Join(shared.folder, "kubectl"), "--namespace", n.Name,
	}, args...)
	command := exec.CommandContext(t.Context(), kubectl, args...)
	command.Stdin = strings.NewReader(stdin)
	printed, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return n.Normalize(string(printed)), err == nil
}

// Normalize replaces in text what differs from run to run.
func (n *Namespace) Normalize(text string) string {
	return uid.ReplaceAllString(strings.ReplaceAll(text, n.Name, "NAMESPACE"), "UID")
}
