package node

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/rights"
)

const testdata = "test/node/testdata/"

// This does what README.md and the chart's README.md tell users to do, and checks what these promise.
func TestStory(t *testing.T) {
	n := open(t)
	n.remove(t)
	began := time.Now() // A removed installation loses its rights before its managers.
	n.install(t)

	kubectl(t, "apply", "-f", testdata+"template.yaml", "-f", testdata+"pool.yaml")
	n.awaitFull(t)
	warm := n.pairs(t)
	if len(warm) != 3 {
		t.Fatalf("the pool has %d Sandboxes", len(warm))
	}
	kubectl(t, "apply", "-f", testdata+"claim.yaml")
	sandbox := n.claimed(t, "agent")
	if _, found := warm[sandbox]; !found {
		t.Errorf("the claim's Sandbox %q was not in the pool", sandbox)
	}
	t.Logf("\n%s", kubectl(t, "get", "sandboxclaim,sandbox,pod"))
	n.mustRunIn(t, sandbox)
	n.awaitFull(t)
	before := n.pairs(t)
	if before[sandbox].Pod != warm[sandbox].Pod || len(before) != 4 {
		t.Errorf("the claim's Sandbox has another Pod, or there are not four Sandboxes: %v", before)
	}

	t.Run("helm test", func(t *testing.T) {
		command := readme(t, "Install")[1]
		if out := run(t, command[0], append(command[1:], patience)...); !strings.Contains(out, "Succeeded") {
			t.Errorf("it printed:\n%s", out)
		}
	})
	t.Run("helm upgrade", func(t *testing.T) {
		helm(t, "upgrade", release, "charts/namesake", "--namespace", system, "--reuse-values",
			"--set", "controller.logLevel=debug,controller.allowedLabelDomains={example.com}", "--wait", patience)
		if args := n.manager(t).Spec.Template.Spec.Containers[0].Args; !strings.Contains(strings.Join(args, " "), "--zap-log-level=debug") {
			t.Errorf("the managers' arguments are %q", args)
		}
		n.mustBe(t, before, "after the upgrade")
		n.eventually(t, noticed, "the managers from before have ended, and a label of the new domain is allowed", func(context.Context) error {
			claim := `{apiVersion: extensions.agents.x-k8s.io/v1beta1, kind: SandboxClaim, metadata: {name: labelled}, ` +
				`spec: {warmPoolRef: {name: toolbox}, additionalPodMetadata: {labels: {example.com/team: blue}}}}`
			_, err := try(t, claim, "kubectl", "create", "--dry-run=server", "-f", "-")
			return err
		})
	})
	rights.CheckRecord(t, os.Getenv("NAMESAKE_CLUSTER_DIR"), began)
	t.Run("helm uninstall", func(t *testing.T) {
		n.uninstall(t)
		kubectl(t, "get", "crd", "sandboxes.agents.x-k8s.io", "sandboxclaims.extensions.agents.x-k8s.io",
			"sandboxtemplates.extensions.agents.x-k8s.io", "sandboxwarmpools.extensions.agents.x-k8s.io")
		if left := kubectl(t, "get", "mutatingwebhookconfiguration,validatingwebhookconfiguration", "--selector",
			"app.kubernetes.io/name=namesake", "--output=name"); left != "" {
			t.Errorf("webhooks are left, which would refuse all: %s", left)
		}
		n.mustBe(t, before, "after uninstalling")
		n.mustRunIn(t, sandbox)
	})
	t.Run("helm install again", func(t *testing.T) {
		n.install(t)
		if again := n.claimed(t, "agent"); again != sandbox {
			t.Errorf("the claim had the Sandbox %q, and now %q", sandbox, again)
		}
		n.awaitFull(t)
		n.mustBe(t, before, "after installing again")
		n.mustRunIn(t, sandbox)
		n.mustServe(t)
	})
	n.clear(t)
}

// mustRunIn executes a command in the container of a Sandbox, whose Pod has its name.
func (n *node) mustRunIn(t *testing.T, sandbox string) {
	t.Helper()
	if got := kubectl(t, "exec", sandbox, "--", "hostname"); got != sandbox {
		t.Errorf("the container in the Sandbox %q calls itself %q", sandbox, got)
	}
}

// mustServe claims another Sandbox, and gives it back.
func (n *node) mustServe(t *testing.T) {
	t.Helper()
	claim := `{apiVersion: extensions.agents.x-k8s.io/v1beta1, kind: SandboxClaim, metadata: {name: another}, spec: {warmPoolRef: {name: toolbox}}}`
	if _, err := try(t, claim, "kubectl", "create", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	n.claimed(t, "another")
	kubectl(t, "delete", "sandboxclaim", "another", "--wait", patience)
	n.awaitFull(t)
}

// manager returns the managers' Deployment.
func (n *node) manager(t *testing.T) *appsv1.Deployment {
	t.Helper()
	deployment := &appsv1.Deployment{}
	if err := n.Get(t.Context(), client.ObjectKey{Namespace: system, Name: release}, deployment); err != nil {
		t.Fatal(err)
	}
	return deployment
}
