package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

const agentSandbox = "agent-sandbox-system"

// The commands of docs/migrating.md do what it says, one after the other, where agent-sandbox is installed. Objects are stored
// in v1alpha1, and the CRDs ask agent-sandbox to convert. Nothing runs here, so the test does not wait for anything.
func TestMigrating(t *testing.T) {
	cluster := newInstallation(t)
	uid := cluster.installAgentSandbox(t)
	folder := t.TempDir()
	for _, part := range []string{"charts", "config"} {
		target, err := filepath.Abs(filepath.Join(repository, part))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(folder, part)); err != nil {
			t.Fatal(err)
		}
	}

	for _, command := range commands(t, "Step by step") {
		cluster.shell(t, folder, command)
	}
	cluster.checkTakenOver(t, uid)
	if listed := cluster.shell(t, folder, "cat claims-before.txt"); listed != "namesake-system   agent   agent\n" {
		t.Errorf("the claims before: %q", listed)
	}
	if cluster.webhooks(t) == nil {
		t.Error("the webhooks are not installed")
	}

	for _, command := range commands(t, "Going back") {
		cluster.shell(t, folder, command)
	}
	if cluster.webhooks(t) != nil {
		t.Error("the webhooks are still there, and would refuse what agent-sandbox writes")
	}
	if sandbox := cluster.get(t, "agents.x-k8s.io/v1beta1", "Sandbox", "old"); at(sandbox, "metadata", "uid") != string(uid) {
		t.Error("going back loses a Sandbox")
	}
}

// checkTakenOver fails unless the CRDs are Namesake's, agent-sandbox is gone, and the Sandbox of that UID still exists.
func (i *installation) checkTakenOver(t *testing.T, uid types.UID) {
	t.Helper()
	for _, name := range crdNames {
		crd := i.get(t, "apiextensions.k8s.io/v1", "CustomResourceDefinition", name)
		versions, _ := at(crd, "spec", "versions").([]any)
		stored, _ := at(crd, "status", "storedVersions").([]any)
		if len(versions) != 1 || len(stored) != 1 || at(crd, "spec", "conversion", "strategy") != "None" {
			t.Errorf("%s: %d versions, stored in %v, conversion %v; want v1beta1 alone", name, len(versions), stored, at(crd, "spec", "conversion"))
		}
	}
	status := at(i.crd(t), "spec", "versions", 0, "schema", "openAPIV3Schema", "properties", "status", "properties")
	if at(status, "podUID") == nil {
		t.Error("the CRD is not Namesake's: a Sandbox's status has no podUID")
	}
	if sandbox := i.get(t, "agents.x-k8s.io/v1beta1", "Sandbox", "old"); at(sandbox, "metadata", "uid") != string(uid) {
		t.Error("a Sandbox is lost")
	}
	for _, kind := range []string{"Deployment", "Service"} {
		left := &unstructured.UnstructuredList{Object: object{"apiVersion": map[string]string{"Deployment": "apps/v1", "Service": "v1"}[kind], "kind": kind + "List"}}
		if err := i.client.List(t.Context(), left, client.InNamespace(agentSandbox)); err != nil {
			t.Fatal(err)
		}
		if len(left.Items) > 0 {
			t.Errorf("a %s of agent-sandbox is left", kind)
		}
	}
}

// shell runs a command of the page and returns what it prints.
func (i *installation) shell(t *testing.T, folder, command string) string {
	t.Helper()
	helm, err := filepath.Abs(os.Getenv("HELM"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", strings.NewReplacer(" --wait", "", "REGISTRY", "registry.example").Replace(command))
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "KUBECONFIG="+i.kubeconfig, "HOME="+folder,
		"PATH="+filepath.Dir(helm)+":"+os.Getenv("KUBEBUILDER_ASSETS")+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s\n%v\n%s", command, err, out)
	}
	return string(out)
}

var shellBlock = regexp.MustCompile("(?s)\n```sh\n(.*?)\n```")

// commands returns the blocks of commands in a section of docs/migrating.md.
func commands(t *testing.T, section string) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(repository, "docs", "migrating.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n## "+section+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	var blocks []string
	for _, match := range shellBlock.FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, match[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("docs/migrating.md has no commands below %q", section)
	}
	return blocks
}

var crdNames = []string{
	"sandboxes.agents.x-k8s.io", "sandboxclaims.extensions.agents.x-k8s.io",
	"sandboxwarmpools.extensions.agents.x-k8s.io", "sandboxtemplates.extensions.agents.x-k8s.io",
}

// installAgentSandbox creates what agent-sandbox leaves: a claim, and a Sandbox that is stored in v1alpha1. It returns the
// Sandbox's UID.
func (i *installation) installAgentSandbox(t *testing.T) types.UID {
	t.Helper()
	create := func(o object) *unstructured.Unstructured {
		u := &unstructured.Unstructured{Object: o}
		if err := i.client.Create(t.Context(), u, client.FieldOwner("kubectl-create")); err != nil {
			t.Fatal(err)
		}
		return u
	}
	var sandboxes *unstructured.Unstructured
	for _, name := range crdNames {
		if crd := create(formerCRD(t, name)); name == crdNames[0] {
			sandboxes = crd
		}
	}
	folder := t.TempDir()
	i.shell(t, folder, "kubectl wait crd --all --for=condition=Established --timeout=30s")
	pod := object{"containers": []any{object{"name": "a", "image": "a"}}}
	sandbox := create(object{
		"apiVersion": "agents.x-k8s.io/v1beta1", "kind": "Sandbox", "metadata": object{"name": "old", "namespace": namespace},
		"spec": object{"podTemplate": object{"spec": pod}},
	})
	i.storeInV1beta1(t, sandboxes)
	create(object{
		"apiVersion": "extensions.agents.x-k8s.io/v1beta1", "kind": "SandboxClaim", "metadata": object{"name": "agent", "namespace": namespace},
		"spec": object{"warmPoolRef": object{"name": "python"}},
	})
	i.shell(t, folder, "kubectl --namespace="+namespace+` patch sandboxclaim agent --subresource=status --type=merge `+
		`--patch='{"status":{"sandbox":{"name":"agent"}}}'`)

	create(object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": agentSandbox}})
	labels := object{"app": "agent-sandbox-controller"}
	create(object{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": object{"name": "agent-sandbox-controller", "namespace": agentSandbox},
		"spec": object{"selector": object{"matchLabels": labels}, "template": object{"metadata": object{"labels": labels}, "spec": pod}},
	})
	for _, name := range []string{"agent-sandbox-controller", "agent-sandbox-webhook-service"} {
		create(object{
			"apiVersion": "v1", "kind": "Service", "metadata": object{"name": name, "namespace": agentSandbox},
			"spec": object{"selector": labels, "ports": []any{object{"port": int64(443)}}},
		})
	}
	return sandbox.GetUID()
}

// formerCRD returns Namesake's CRD of that name as agent-sandbox has it: without rules, and with v1alpha1. Sandboxes are still
// stored in v1alpha1. agent-sandbox converts the other kinds.
func formerCRD(t *testing.T, name string) object {
	t.Helper()
	plural, group, _ := strings.Cut(name, ".")
	data, err := os.ReadFile(filepath.Join(repository, "config", "crd", "bases", group+"_"+plural+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var crd object
	if err := yaml.Unmarshal(data, &crd); err != nil {
		t.Fatal(err)
	}
	spec, _ := crd["spec"].(object)
	versions, _ := spec["versions"].([]any)
	version, _ := versions[0].(object)
	withoutRules(version)
	status, _ := at(version, "schema", "openAPIV3Schema", "properties", "status", "properties").(object)
	delete(status, "podUID")
	former := name == crdNames[0]
	version["storage"] = !former
	spec["versions"] = append(versions, object{
		"name": "v1alpha1", "served": true, "storage": former,
		"schema": object{"openAPIV3Schema": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
	})
	if !former {
		spec["conversion"] = object{"strategy": "Webhook", "webhook": object{
			"conversionReviewVersions": []any{"v1"},
			"clientConfig":             object{"service": object{"name": "agent-sandbox-webhook-service", "namespace": agentSandbox, "path": "/convert"}},
		}}
	}
	return crd
}

func withoutRules(schema any) {
	switch schema := schema.(type) {
	case object:
		delete(schema, "x-kubernetes-validations")
		for _, child := range schema {
			withoutRules(child)
		}
	case []any:
		for _, child := range schema {
			withoutRules(child)
		}
	}
}

// storeInV1beta1 makes v1beta1 the version in which new writes are stored.
func (i *installation) storeInV1beta1(t *testing.T, crd *unstructured.Unstructured) {
	t.Helper()
	if err := i.client.Get(t.Context(), client.ObjectKeyFromObject(crd), crd); err != nil {
		t.Fatal(err)
	}
	versions, _ := at(crd.Object, "spec", "versions").([]any)
	for _, version := range versions {
		if version, ok := version.(object); ok {
			version["storage"] = version["name"] == "v1beta1"
		}
	}
	if err := i.client.Update(t.Context(), crd, client.FieldOwner("kubectl-create")); err != nil {
		t.Fatal(err)
	}
}
