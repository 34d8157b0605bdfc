package rules_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	evanphx "gopkg.in/evanphx/json-patch.v4"
	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

// metadataKeys are keys of a Pod that mean something to the rules, and keys of others.
var metadataKeys = []string{
	"app", "example.com/a", "sandbox.users.io/team", sandboxv1.LabelSandboxNameHash, sandboxv1.LabelSandboxUID, sandboxv1.LabelWarmPool,
	sandboxv1.LabelTemplateRefHash, sandboxv1.LabelClaimUID, sandboxv1.LabelCreatedBy, sandboxv1.AnnotationPropagatedLabels,
	sandboxv1.AnnotationPropagatedAnnotations, sandboxv1.AnnotationSafeToEvict, sandboxv1.AnnotationDoNotDisrupt, sandboxv1.AnnotationTraceContext,
}

func fuzzedMetadata(t *tape.Tape) map[string]string {
	m := map[string]string{}
	for range t.Below(6) {
		m[tape.Of(t, metadataKeys)] = tape.Of(t, []string{"x", "true", "app,example.com/a", "controller", ""})
	}
	return m
}

// fuzzedSandbox returns a Sandbox that is its own, in a pool, or of a claim.
func fuzzedSandbox(t *tape.Tape) *sandboxv1.Sandbox {
	w := builder.MakeSandbox("runner")
	if t.Below(3) == 2 {
		w.Pool(builder.MakePool("p").Obj())
	}
	if t.Below(3) == 2 {
		w.ClaimedBy(builder.MakeClaim("c").Obj())
	}
	if by := tape.Of(t, []string{"", "go-client", "me"}); by != "" {
		w.Label(sandboxv1.LabelCreatedBy, by)
	}
	made := w.Obj()
	if made.Annotations == nil {
		made.Annotations = map[string]string{}
	}
	if word := tape.Of(t, []string{"", sandboxv1.PodIdentityShared, "odd"}); word != "" {
		made.Annotations[sandboxv1.AnnotationPodIdentity] = word
	}
	made.Spec.PodTemplate.Metadata = sandboxv1.PodMetadata{Labels: fuzzedMetadata(t), Annotations: fuzzedMetadata(t)}
	return made
}

// FuzzPodMetadata: the patch of a Pod's metadata applies, has nothing to do a second time, gives the Pod the identity of its Sandbox and
// no other, and leaves what is neither the Sandbox's nor reserved.
func FuzzPodMetadata(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{2, 2, 1, 0, 3, 0, 1, 5, 2, 3, 9, 2, 4, 0, 2, 9, 2, 1, 0})
	f.Fuzz(func(t *testing.T, program []byte) {
		tp := tape.New(program)
		sandbox := fuzzedSandbox(tp)
		pod := builder.MakePod("runner").ControlledBy(sandbox).Obj()
		pod.Labels, pod.Annotations = fuzzedMetadata(tp), fuzzedMetadata(tp)
		after := patchedPod(t, sandbox, pod)
		if again := rules.PodMetadataPatch(sandbox, after); again != nil {
			t.Errorf("again: %v", again)
		}
		identity := rules.IdentityLabels(sandbox)
		recorded := strings.Split(pod.Annotations[sandboxv1.AnnotationPropagatedLabels], ",")
		for _, key := range metadataKeys {
			value, has := after.Labels[key]
			given, isGiven := sandbox.Spec.PodTemplate.Metadata.Labels[key]
			own, isOwn := pod.Labels[key]
			switch want, isIdentity := identity[key]; {
			case isIdentity:
				if value != want {
					t.Errorf("label %s is %q, and the Sandbox's is %q", key, value, want)
				}
			case strings.HasPrefix(key, "agents.x-k8s.io/") && has && key != sandboxv1.AnnotationPropagatedLabels && key != sandboxv1.AnnotationPropagatedAnnotations:
				t.Errorf("label %s is left on the Pod", key)
			case rules.IsReserved(key):
			case isGiven && value != given:
				t.Errorf("label %s is %q, and the template's is %q", key, value, given)
			case !isGiven && isOwn && !slices.Contains(recorded, key) && value != own:
				t.Errorf("label %s of somebody else was %q, and is %q", key, own, value)
			}
		}
		fresh := rules.NewPod(sandbox)
		if errs := append(rules.CheckPodOwner(nil, fresh, rules.Controller), rules.CheckPodSandbox(nil, fresh, sandbox, rules.Controller)...); len(errs) > 0 {
			t.Errorf("the controller's own Pod: %v", errs)
		}
		if diff := cmp.Diff(rules.IdentityLabels(sandbox), identityOf(fresh.Labels)); diff != "" {
			t.Errorf("the identity of a new Pod (-Sandbox +Pod):\n%s", diff)
		}
	})
}

// identityOf returns the labels that the Sandbox decides.
func identityOf(labels map[string]string) map[string]string {
	identity := map[string]string{}
	for key, value := range labels {
		if strings.HasPrefix(key, "agents.x-k8s.io/") {
			identity[key] = value
		}
	}
	return identity
}

func patchedPod(t *testing.T, sandbox *sandboxv1.Sandbox, pod *corev1.Pod) *corev1.Pod {
	t.Helper()
	before, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(rules.PodMetadataPatch(sandbox, pod))
	if err != nil {
		t.Fatal(err)
	}
	after := &corev1.Pod{}
	if string(text) == "null" {
		text = []byte("[]")
	}
	patch, err := evanphx.DecodePatch(text)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := patch.Apply(before)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if err := json.Unmarshal(raw, after); err != nil {
		t.Fatal(err)
	}
	return after
}
