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
	kubectl := shared.server.ControlPlane.KubectlPath
	args = append([]string{
		"--kubeconfig", shared.editorKubeconfig, "--cache-dir", filepath.Join(shared.folder, "kubectl"), "--namespace", n.Name,
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
