package docs

import (
	"encoding/json"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	jsonpatchv4 "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/labels"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// The keys that docs/networking.md tells Cilium to leave out are those in which Pods of one template differ, in a pool and under a claim.
// With all labels, no two have the same set.
func TestPodsOfATemplateHaveOneIdentity(t *testing.T) {
	leftOut := leftOutOfIdentities(t)
	template := builder.MakeTemplate("t").PodLabel("app", "agent").Obj()
	identities, wholes := map[string]string{}, map[string]string{}
	var identity map[string]string
	for name, sandbox := range fourSandboxes(t, template) {
		all, _ := rules.PodMetadata(sandbox, nil)
		wholes[labels.Set(all).String()] = name
		maps.DeleteFunc(all, func(key, _ string) bool { return leftOut(key) })
		identities[labels.Set(all).String()] = name
		identity = all
	}
	if len(wholes) != 4 {
		t.Errorf("with all labels there are %d sets for 4 Pods: the page is wrong", len(wholes))
	}
	if len(identities) != 1 {
		t.Errorf("4 Pods have the identities %v", identities)
	}
	if diff := cmp.Diff(map[string]string{sandboxv1.LabelTemplateRefHash: rules.Hash("t"), "app": "agent"}, identity); diff != "" {
		t.Errorf("what is left, by which NetworkPolicies select (-want +got):\n%s", diff)
	}
}

// With the annotation that docs/networking.md names, the same Pods have one set of labels, and nothing has to be left out.
func TestPodsThatShareTheirLabels(t *testing.T) {
	if !strings.Contains(read(t, "docs/networking.md"), sandboxv1.AnnotationPodIdentity+": "+sandboxv1.PodIdentityShared) {
		t.Error("the page does not name the annotation")
	}
	template := builder.MakeTemplate("t").Annotation(sandboxv1.AnnotationPodIdentity, sandboxv1.PodIdentityShared).PodLabel("app", "agent").Obj()
	for name, sandbox := range fourSandboxes(t, template) {
		all, _ := rules.PodMetadata(sandbox, nil)
		want := map[string]string{
			sandboxv1.LabelSandboxNameHash: sandboxv1.SharedNameHash, sandboxv1.LabelTemplateRefHash: rules.Hash("t"), "app": "agent",
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// fourSandboxes returns two warm Sandboxes of a template t, one that was adopted and one that was created for a claim.
func fourSandboxes(t *testing.T, template *extensionsv1.SandboxTemplate) map[string]*sandboxv1.Sandbox {
	t.Helper()
	pool := builder.MakePool("p").Template("t").Obj()
	claim := builder.MakeClaim("c").Template("t").BoundTo("c").Label(sandboxv1.LabelCreatedBy, sandboxv1.CreatedByGoClient).Obj()
	member := func(name string) *sandboxv1.Sandbox {
		sandbox := rules.NewPoolSandbox(pool, rules.NewTemplateSnapshot(template), name)
		sandbox.UID = builder.MakeSandbox(name).Obj().UID
		return sandbox
	}
	cold, problem := rules.NewClaimSandbox(claim, template, rules.DefaultLabelDomains)
	if problem != nil {
		t.Fatal(problem)
	}
	return map[string]*sandboxv1.Sandbox{
		"warm": member("aaaaa"), "another": member("bbbbb"), "claimed": adopt(t, member("ccccc"), claim), "cold": cold,
	}
}

// adopt returns sandbox as the adoption by claim leaves it.
func adopt(t *testing.T, sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) *sandboxv1.Sandbox {
	t.Helper()
	ops, problem := rules.AdoptionPatch(sandbox, claim, rules.Origin{}, rules.DefaultLabelDomains)
	if problem != nil {
		t.Fatal(problem)
	}
	encoded, err := json.Marshal(ops)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatchv4.DecodePatch(encoded)
	if err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(sandbox)
	if err != nil {
		t.Fatal(err)
	}
	if document, err = patch.Apply(document); err != nil {
		t.Fatal(err)
	}
	adopted := &sandboxv1.Sandbox{}
	if err := json.Unmarshal(document, adopted); err != nil {
		t.Fatal(err)
	}
	return adopted
}

// leftOutOfIdentities returns whether a key of a label is left out of identities by what docs/networking.md says: patterns for Cilium, each
// of which is matched from its beginning.
func leftOutOfIdentities(t *testing.T) func(key string) bool {
	t.Helper()
	line := regexp.MustCompile(`(?m)^labels: "(.*)"$`).FindStringSubmatch(read(t, "docs/networking.md"))
	if line == nil {
		t.Fatal("the page has no labels for Cilium")
	}
	var patterns []*regexp.Regexp
	for word := range strings.FieldsSeq(strings.ReplaceAll(line[1], `\\`, `\`)) {
		key, ok := strings.CutPrefix(word, "!k8s:")
		if !ok {
			t.Fatalf("%s leaves nothing out", word)
		}
		patterns = append(patterns, regexp.MustCompile("^"+key))
	}
	return func(key string) bool {
		for _, pattern := range patterns {
			if pattern.MatchString(key) {
				return true
			}
		}
		return false
	}
}
