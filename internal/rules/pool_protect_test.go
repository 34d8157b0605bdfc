package rules_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// protecting returns a pool whose annotation says that.
func protecting(value string) *builder.PoolWrapper {
	return builder.MakePool("p").Template("t").Annotation(sandboxv1.AnnotationProtectClaimedPods, value)
}

func TestProtectsClaimedPods(t *testing.T) {
	for name, tc := range map[string]struct {
		pool *extensionsv1.SandboxWarmPool
		want bool
	}{
		"a pool":                    {builder.MakePool("p").Obj(), false},
		"one that asks for it":      {protecting("true").Obj(), true},
		"one that says no":          {protecting("false").Obj(), false},
		"what nobody can mean":      {protecting("yes").Obj(), true},
		"a pool that is gone":       {nil, false},
		"one that is for named use": {builder.MakePool("p").Annotation(sandboxv1.AnnotationNamedClaimsOnly, "true").Obj(), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.ProtectsClaimedPods(tc.pool); got != tc.want {
				t.Errorf("got %t", got)
			}
			sandbox := builder.MakeSandbox("c").Obj()
			got := rules.Protected(sandbox, tc.pool).Annotations[sandboxv1.AnnotationProtectClaimedPods]
			if (got == "true") != tc.want || sandbox.Annotations[sandboxv1.AnnotationProtectClaimedPods] != "" {
				t.Errorf("a Sandbox that is created for its claim says %q", got)
			}
		})
	}
}

func TestCheckProtectClaimedPods(t *testing.T) {
	none := builder.MakePool("p").Obj()
	for name, tc := range map[string]struct {
		old, pool *extensionsv1.SandboxWarmPool
		valid     bool
	}{
		"none":                               {nil, none, true},
		"true":                               {nil, protecting("true").Obj(), true},
		"false":                              {none, protecting("false").Obj(), true},
		"another word":                       {none, protecting("True").Obj(), false},
		"nothing":                            {nil, protecting("").Obj(), false},
		"another word that is there already": {protecting("yes").Obj(), protecting("yes").Obj(), true},
	} {
		if got := rules.CheckProtectClaimedPods(tc.old, tc.pool); (len(got) == 0) != tc.valid {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The word of the pool is on the Pod as long as a claim has the Sandbox, whatever the template says of warm Pods. What the claim adds to
// its own Pod counts more.
func TestProtectionOfAPod(t *testing.T) {
	const evict, disrupt = sandboxv1.AnnotationSafeToEvict, sandboxv1.AnnotationDoNotDisrupt
	claim := builder.MakeClaim("c").Obj()
	protected := func() *builder.SandboxWrapper {
		return builder.MakeSandbox("a").ClaimedBy(claim).Annotation(sandboxv1.AnnotationProtectClaimedPods, "true")
	}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		pod     *builder.PodWrapper
		want    map[string]string
	}{
		"claimed": {sandbox: protected(), want: map[string]string{evict: "false", disrupt: "true"}},
		"its Pod was warm, and could be evicted": {
			sandbox: protected(), pod: builder.MakePod("a").Annotation(evict, "true").Annotation(sandboxv1.AnnotationPropagatedAnnotations, evict),
			want: map[string]string{evict: "false", disrupt: "true"},
		},
		"the template lets warm Pods be evicted": {
			sandbox: protected().PodAnnotation(evict, "true"), want: map[string]string{evict: "false", disrupt: "true"},
		},
		"the claim lets its own be evicted": {
			sandbox: protected().PodAnnotation(evict, "true").Annotation(sandboxv1.AnnotationClaimAnnotations, evict),
			want:    map[string]string{evict: "true", disrupt: "true"},
		},
		"still in the pool": {
			sandbox: builder.MakeSandbox("a").Pool(builder.MakePool("p").Obj()).Annotation(sandboxv1.AnnotationProtectClaimedPods, "true"),
		},
		"of nobody":       {sandbox: builder.MakeSandbox("a").Annotation(sandboxv1.AnnotationProtectClaimedPods, "true")},
		"of another pool": {sandbox: builder.MakeSandbox("a").ClaimedBy(claim)},
	} {
		t.Run(name, func(t *testing.T) {
			pod := builder.MakePod("a")
			if tc.pod != nil {
				pod = tc.pod
			}
			_, annotations := rules.PodMetadata(tc.sandbox.Obj(), pod.Obj())
			got := map[string]string{}
			for _, key := range []string{evict, disrupt} {
				if value, ok := annotations[key]; ok {
					got[key] = value
				}
			}
			want := map[string]string{}
			maps.Copy(want, tc.want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
		})
	}
}

// Adoption writes the pool's word in the same patch, and without a new generation.
func TestAdoptionOutOfAPoolThatProtects(t *testing.T) {
	pool := protecting("true").Obj()
	sandbox := builder.MakeSandbox("p-abcde").Pool(pool).Ready().Obj()
	claim := builder.MakeClaim("c").Template("t").Obj()
	for name, tc := range map[string]struct {
		pool *extensionsv1.SandboxWarmPool
		want string
	}{
		"it protects":         {pool, "true"},
		"it does not":         {protecting("false").Obj(), ""},
		"it says nothing":     {builder.MakePool("p").Obj(), ""},
		"it is gone meantime": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ops, problem := rules.AdoptionPatch(sandbox, claim, rules.Origin{Pool: tc.pool}, rules.DefaultLabelDomains)
			if problem != nil {
				t.Fatal(problem)
			}
			adopted, err := apply(t, sandbox, ops)
			if err != nil {
				t.Fatal(err)
			}
			if got := adopted.Annotations[sandboxv1.AnnotationProtectClaimedPods]; got != tc.want {
				t.Errorf("the Sandbox says %q, want %q", got, tc.want)
			}
			if diff := cmp.Diff(sandbox.Spec, adopted.Spec); diff != "" {
				t.Errorf("spec:\n%s", diff)
			}
		})
	}
}
