package rules_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gomodules.xyz/jsonpatch/v2"
	jsonpatchv4 "gopkg.in/evanphx/json-patch.v4"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// adoptionPatch returns the AdoptionPatch of a claim without a problem.
func adoptionPatch(t *testing.T, sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) []jsonpatch.Operation {
	t.Helper()
	ops, problem := rules.AdoptionPatch(sandbox, claim, rules.Origin{}, rules.DefaultLabelDomains)
	if problem != nil {
		t.Fatal(problem)
	}
	return ops
}

func op(operation, path string, value any) jsonpatch.Operation {
	return jsonpatch.NewOperation(operation, path, value)
}

// apply applies ops to the JSON of obj, as the API server does.
func apply[T any](t *testing.T, obj *T, ops []jsonpatch.Operation) (*T, error) {
	t.Helper()
	document, err := json.Marshal(obj)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(ops)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatchv4.DecodePatch(encoded)
	if err != nil {
		t.Fatal(err)
	}
	document, err = patch.Apply(document)
	if err != nil {
		return nil, err
	}
	patched := new(T)
	if err := json.Unmarshal(document, patched); err != nil {
		t.Fatal(err)
	}
	return patched, nil
}

func TestAdoptionPatch(t *testing.T) {
	const labels, annotations = "/metadata/labels/agents.x-k8s.io~1", "/metadata/annotations/agents.x-k8s.io~1"
	pool := builder.MakePool("p").Template("t").Obj()
	friend := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "friend", UID: "friend"}
	member := func() *builder.SandboxWrapper {
		return builder.MakeSandbox("p-abcde").Pool(pool).PodName("p-abcde").Ready().
			Label(sandboxv1.LabelTemplateHash, "11111111").Label(sandboxv1.LabelPodTemplateHash, "22222222")
	}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		claim   *builder.ClaimWrapper
		want    []jsonpatch.Operation
	}{
		"the plain one, whose end is the claim's own": {
			sandbox: member(), claim: builder.MakeClaim("c").Template("t").Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: builder.Epoch}}),
			want: []jsonpatch.Operation{
				op("remove", labels+"created-by", nil),
				op("remove", labels+"sandbox-pod-template-hash", nil),
				op("remove", labels+"sandbox-template-hash", nil),
				op("remove", labels+"warm-pool-sandbox", nil),
				op("add", labels+"claim-uid", "sandboxclaim-c-uid"),
			},
		},
		"who asked, and its trace, come from the claim": {
			sandbox: member().WithoutLabel(sandboxv1.LabelPodTemplateHash).Annotation(sandboxv1.AnnotationTraceContext, "pool's"),
			claim: builder.MakeClaim("c").Template("t").Label(sandboxv1.LabelCreatedBy, sandboxv1.CreatedByGoClient).
				Annotation(sandboxv1.AnnotationTraceContext, "claim's").Annotation("note", "stays on the claim").Label("app", "too"),
			want: []jsonpatch.Operation{
				op("remove", labels+"sandbox-template-hash", nil),
				op("remove", labels+"warm-pool-sandbox", nil),
				op("add", labels+"claim-uid", "sandboxclaim-c-uid"),
				op("add", labels+"created-by", "go-client"),
				op("add", "/metadata/annotations/opentelemetry.io~1trace-context", "claim's"),
			},
		},
		"one that the autoscaler may evict, until it is adopted": {
			sandbox: member().WithoutLabel(sandboxv1.LabelPodTemplateHash).Annotation(sandboxv1.AnnotationSafeToEvict, "true"),
			claim:   builder.MakeClaim("c").Template("t"),
			want: []jsonpatch.Operation{
				op("remove", labels+"created-by", nil),
				op("remove", labels+"sandbox-template-hash", nil),
				op("remove", labels+"warm-pool-sandbox", nil),
				op("add", labels+"claim-uid", "sandboxclaim-c-uid"),
				op("remove", "/metadata/annotations/cluster-autoscaler.kubernetes.io~1safe-to-evict", nil),
			},
		},
		"a trace that is too long to be one stays on the claim": {
			sandbox: member().WithoutLabel(sandboxv1.LabelPodTemplateHash),
			claim:   builder.MakeClaim("c").Template("t").Annotation(sandboxv1.AnnotationTraceContext, strings.Repeat("x", 4097)),
			want: []jsonpatch.Operation{
				op("remove", labels+"created-by", nil),
				op("remove", labels+"sandbox-template-hash", nil),
				op("remove", labels+"warm-pool-sandbox", nil),
				op("add", labels+"claim-uid", "sandboxclaim-c-uid"),
			},
		},
		"what the claim adds to its Pod": {
			sandbox: member().WithoutLabel(sandboxv1.LabelPodTemplateHash).PodLabel("app", "x"),
			claim:   builder.MakeClaim("c").Template("t").PodLabel("sandbox.users.io/team", "blue").PodAnnotation("note", "n"),
			want: []jsonpatch.Operation{
				op("remove", labels+"created-by", nil),
				op("remove", labels+"sandbox-template-hash", nil),
				op("remove", labels+"warm-pool-sandbox", nil),
				op("add", labels+"claim-uid", "sandboxclaim-c-uid"),
				op("add", annotations+"claim-annotations", "note"),
				op("add", annotations+"claim-labels", "sandbox.users.io/team"),
				op("add", "/spec/podTemplate/metadata", sandboxv1.PodMetadata{
					Labels: map[string]string{"app": "x", "sandbox.users.io/team": "blue"}, Annotations: map[string]string{"note": "n"},
				}),
			},
		},
		"one that an older controller made": {
			sandbox: member().WithoutLabel(sandboxv1.LabelPodTemplateHash, sandboxv1.LabelCreatedBy, sandboxv1.LabelLaunchType).
				WithoutAnnotation(sandboxv1.AnnotationPodName).Annotation(sandboxv1.AnnotationTraceContext, "pool's"),
			claim: builder.MakeClaim("c").Template("t"),
			want: []jsonpatch.Operation{
				op("remove", labels+"sandbox-template-hash", nil),
				op("remove", labels+"warm-pool-sandbox", nil),
				op("add", labels+"claim-uid", "sandboxclaim-c-uid"),
				op("add", labels+"launch-type", "warm"),
				op("remove", "/metadata/annotations/opentelemetry.io~1trace-context", nil),
				op("add", annotations+"pod-name", "p-abcde"),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox, claim := tc.sandbox.Obj(), tc.claim.Obj()
			before := sandbox.DeepCopy()
			got := adoptionPatch(t, sandbox, claim)
			want := append([]jsonpatch.Operation{
				op("test", "/metadata/uid", sandbox.UID),
				op("test", "/metadata/ownerReferences/0/uid", pool.UID),
				op("replace", "/metadata/ownerReferences", []metav1.OwnerReference{*rules.ClaimOwner(claim)}),
			}, tc.want...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("operations (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, sandbox); diff != "" {
				t.Errorf("the Sandbox itself was changed:\n%s", diff)
			}
			adopted, err := apply(t, sandbox, got)
			if err != nil {
				t.Fatal(err)
			}
			wanted := tc.sandbox.ClaimedBy(claim).Obj()
			if added := claim.Spec.AdditionalPodMetadata; len(added.Labels) > 0 {
				wanted.Annotations[sandboxv1.AnnotationClaimLabels] = "sandbox.users.io/team"
				wanted.Annotations[sandboxv1.AnnotationClaimAnnotations] = "note"
				wanted.Spec.PodTemplate.Metadata.Labels["sandbox.users.io/team"] = "blue"
				wanted.Spec.PodTemplate.Metadata.Annotations = added.Annotations
			}
			if trace := claim.Annotations[sandboxv1.AnnotationTraceContext]; trace != "" && len(trace) < 100 {
				wanted.Annotations[sandboxv1.AnnotationTraceContext] = trace
			} else {
				delete(wanted.Annotations, sandboxv1.AnnotationTraceContext)
			}
			if diff := cmp.Diff(wanted, adopted); diff != "" {
				t.Errorf("the adopted Sandbox (-want +got):\n%s", diff)
			}
			if errs := rules.CheckController(sandbox, adopted, rules.Controller); len(errs) > 0 {
				t.Errorf("the webhook would refuse it: %v", errs)
			}
		})
	}
	t.Run("the pool is not the first owner", func(t *testing.T) {
		sandbox := member().OwnerReferences(friend, *rules.PoolOwner(pool)).Obj()
		adopted, err := apply(t, sandbox, adoptionPatch(t, sandbox, builder.MakeClaim("c").Obj()))
		if err != nil || len(adopted.OwnerReferences) != 1 {
			t.Errorf("owners are %v (%v), want the claim alone", adopted.OwnerReferences, err)
		}
	})
}

// The tests in an AdoptionPatch must make it a compare-and-swap.
func TestAdoptionPatchOnAnotherState(t *testing.T) {
	seen := warm("p-abcde")
	patch := adoptionPatch(t, seen.Obj(), theClaim)
	for name, tc := range map[string]struct {
		found *builder.SandboxWrapper
		fits  bool
	}{
		"as it was seen":                   {found: warm("p-abcde"), fits: true},
		"with another status":              {found: warm("p-abcde").Node("node-2").Condition("Ready", metav1.ConditionFalse, "Moved"), fits: true},
		"with another version":             {found: warm("p-abcde").ResourceVersion("7"), fits: true},
		"another of the same name":         {found: warm("p-abcde").UID("another")},
		"adopted by another claim":         {found: warm("p-abcde").OwnerReferences(controllers["claim-b"]...)},
		"adopted by this claim":            {found: warm("p-abcde").OwnerReferences(*rules.ClaimOwner(theClaim))},
		"orphaned":                         {found: warm("p-abcde").OwnerReferences()},
		"of a later pool of the same name": {found: warm("p-abcde").OwnerReferences(*rules.PoolOwner(builder.MakePool("p").UID("later").Obj()))},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := apply(t, tc.found.Obj(), patch); (err == nil) != tc.fits {
				t.Errorf("error %v, want it to apply: %t", err, tc.fits)
			}
		})
	}
}
