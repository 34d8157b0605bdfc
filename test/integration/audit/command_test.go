package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/test/violations"
)

// plugin builds the command once, and returns its path.
var plugin = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "namesake-audit-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "kubectl-namesake")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", path, "./cmd/kubectl-namesake")
	build.Dir, build.Stderr = root, os.Stderr
	return path, build.Run()
})

// answer is what the command printed, and how it ended.
type answer struct {
	out, errOut string
	code        int
}

// audit runs the command as user, or as the administrator for "".
func (c *cluster) audit(t *testing.T, user string, args ...string) answer {
	t.Helper()
	path, err := plugin()
	if err != nil {
		t.Fatal(err)
	}
	admin, err := c.server.ControlPlane.AddUser(envtest.User{Name: "admin", Groups: []string{"system:masters"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := admin.KubeConfig()
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, text, 0o600); err != nil {
		t.Fatal(err)
	}
	args = append([]string{"audit", "--kubeconfig", kubeconfig, "--cache-dir", t.TempDir()}, args...)
	if user != "" {
		args = append(args, "--as", user)
	}
	command := exec.CommandContext(t.Context(), path, args...)
	var out, errOut bytes.Buffer
	command.Stdout, command.Stderr = &out, &errOut
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return answer{out.String(), errOut.String(), command.ProcessState.ExitCode()}
}

// The command finds each violation, on a cluster of Namesake's and on one of agent-sandbox's, and its exit code says so.
func TestCommandFinds(t *testing.T) {
	for _, c := range []*cluster{namesake, agentSandbox} {
		for _, violation := range violations.All() {
			t.Run(c.name+"/"+violation.Name, func(t *testing.T) {
				namespace := c.namespace(t.Context(), t)
				if err := violation.Write(t.Context(), c.admin, namespace); err != nil {
					t.Fatal(err)
				}
				got := c.audit(t, "", "-n", namespace, "-o", "json", "--settle", "10ms")
				var result struct{ Findings []audit.Finding }
				if err := json.Unmarshal([]byte(got.out), &result); err != nil {
					t.Fatalf("%v: %+v", err, got)
				}
				broken := false
				found := slices.ContainsFunc(result.Findings, func(f audit.Finding) bool {
					broken = broken || f.Severity == audit.Violation
					return f.Check == violation.Check && f.Object.Kind+"/"+f.Object.Name == violation.Object
				})
				code := 0
				if broken {
					code = 1
				}
				if !found || got.code != code {
					t.Errorf("exit code %d, want %d; found: %+v", got.code, code, result.Findings)
				}
			})
		}
	}
}

// What people read, in each format. Names are the namespace's own, so that only words can differ.
func TestCommandPrints(t *testing.T) {
	namespace := agentSandbox.namespace(t.Context(), t)
	clean := agentSandbox.audit(t, "", "-n", namespace)
	if want := fmt.Sprintf("0 violations and 0 warnings in namespace %s, of 0 Sandboxes, 0 claims and 0 Pods.\n", namespace); clean.out != want || clean.code != 0 {
		t.Errorf("nothing wrong: %+v", clean)
	}
	twoPods := violations.All()[0]
	if err := twoPods.Write(t.Context(), agentSandbox.admin, namespace); err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string]string{
		"": "SEVERITY    CHECK     OBJECT        WHAT\n" +
			"violation   PodName   pod/twin      Pod \"twin\" is controlled by Sandbox \"box\", and has another name\n" +
			"violation   TwoPods   sandbox/box   Sandbox \"box\" controls 2 Pods: box, twin\n" +
			"2 violations and 0 warnings in namespace NAMESPACE, of 1 Sandbox, 0 claims and 2 Pods.\n",
		"name": "pod/twin\nsandbox.agents.x-k8s.io/box\n",
	} {
		args := []string{"-n", namespace, "--settle", "0"}
		if format != "" {
			args = append(args, "-o", format)
		}
		got := agentSandbox.audit(t, "", args...)
		if out := strings.ReplaceAll(got.out, namespace, "NAMESPACE"); out != want || got.code != 1 {
			t.Errorf("-o %q: code %d, %q, want %q; %s", format, got.code, out, want, got.errOut)
		}
	}
	wide := agentSandbox.audit(t, "", "-n", namespace, "--settle", "0", "-o", "wide")
	if !strings.Contains(wide.out, "kubectl -n "+namespace+" delete pod twin") {
		t.Errorf("-o wide names no remedy: %s", wide.out)
	}
	yaml := agentSandbox.audit(t, "", "-n", namespace, "--settle", "0", "-o", "yaml")
	if !strings.Contains(yaml.out, "violations: 2\n") {
		t.Errorf("-o yaml: %s", yaml.out)
	}
	everywhere := agentSandbox.audit(t, "", "-A", "--settle", "0")
	if !strings.Contains(everywhere.out, namespace) || !strings.Contains(everywhere.out, "NAMESPACE") || everywhere.code != 1 {
		t.Errorf("-A: %+v", everywhere)
	}
	if wrong := agentSandbox.audit(t, "", "--settle", "-1s"); wrong.code != 2 || !strings.Contains(wrong.errOut, "--settle must not be negative") {
		t.Errorf("a negative time: %+v", wrong)
	}
}

// Who may list only Sandboxes and Pods is told what was not checked, and gets the rest. Who may list no Sandboxes gets an error.
func TestCommandWithFewRights(t *testing.T) {
	ctx, namespace := t.Context(), namesake.namespace(t.Context(), t)
	twoPods := violations.All()[0]
	if err := twoPods.Write(ctx, namesake.admin, namespace); err != nil {
		t.Fatal(err)
	}
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "reader"},
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get", "list"}},
			{APIGroups: []string{"agents.x-k8s.io"}, Resources: []string{"sandboxes"}, Verbs: []string{"get", "list"}},
		},
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "reader"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "reader"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "reader"}},
	}
	for _, err := range []error{namesake.admin.Create(ctx, role), namesake.admin.Create(ctx, binding)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := namesake.audit(t, "reader", "-n", namespace, "--settle", "0")
	if got.code != 1 || !strings.Contains(got.out, "TwoPods") {
		t.Errorf("found: %+v", got)
	}
	for _, kind := range []string{"SandboxClaim", "SandboxWarmPool", "SandboxTemplate", "NetworkPolicy"} {
		if !strings.Contains(got.errOut, "note: not checked is what needs "+kind+": you may not read ") {
			t.Errorf("%s is not noted: %s", kind, got.errOut)
		}
	}
	if nobody := namesake.audit(t, "nobody", "-n", namespace); nobody.code != 2 || !strings.Contains(nobody.errOut, "forbidden") {
		t.Errorf("without rights: %+v", nobody)
	}
}
