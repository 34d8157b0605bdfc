package rules_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var theNamespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "default", UID: "namespace-uid"}}

func TestKeepVolume(t *testing.T) {
	bare := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").VolumeClaimTemplate("data") }
	says := func(w *builder.SandboxWrapper, word string) *builder.SandboxWrapper {
		return w.Annotation(sandboxv1.AnnotationVolumesWhenDeleted, word)
	}
	claimed := func() *builder.SandboxWrapper { return bare().ClaimedBy(builder.MakeClaim("c").Obj()) }
	pooled := func() *builder.SandboxWrapper { return bare().Pool(builder.MakePool("p").Obj()) }
	for name, tc := range map[string]struct {
		sandbox   *builder.SandboxWrapper
		had, want bool // whether the namespace is an owner
	}{
		"nothing is said":                   {bare(), false, false},
		"it is to be kept":                  {says(bare(), "Retain"), false, true},
		"it is kept":                        {says(bare(), "Retain"), true, true},
		"it is to be deleted":               {says(bare(), "Delete"), false, false},
		"it was kept, and is to be deleted": {says(bare(), "Delete"), true, false},
		"it was kept, and nothing is said":  {bare(), true, true},
		"what nobody can mean":              {says(bare(), "retain"), false, true},
		"a claim's":                         {says(claimed(), "Retain"), false, true},
		"a pool's":                          {says(pooled(), "Retain"), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := tc.sandbox.Obj()
			volume := rules.NewVolumeClaim(sandbox, 0)
			mine := *rules.SandboxOwner(sandbox)
			keeper := metav1.OwnerReference{APIVersion: "v1", Kind: "Namespace", Name: "default", UID: "namespace-uid"}
			if tc.had {
				volume.OwnerReferences = append(volume.OwnerReferences, keeper)
			}
			want := []metav1.OwnerReference{mine}
			if tc.want {
				want = append(want, keeper)
			}
			before := volume.DeepCopy()
			if got := rules.LacksKeeper(sandbox, volume); got != (tc.want && !tc.had) {
				t.Errorf("it lacks a keeper: %t", got)
			}
			got := rules.KeepVolume(sandbox, volume, theNamespace)
			if diff := cmp.Diff(want, got.OwnerReferences); diff != "" {
				t.Errorf("owners (-want +got):\n%s", diff)
			}
			if (got == volume) != (tc.had == tc.want) || !cmp.Equal(before, volume) {
				t.Error("it is a copy where nothing changes, or none where something does")
			}
			if again := rules.KeepVolume(sandbox, got, theNamespace); again != got {
				t.Errorf("a second pass would write %v", again.OwnerReferences)
			}
			if next, err := rules.NextVolumeClaim(sandbox, got); err != nil || next != got {
				t.Errorf("it is not the Sandbox's as it is: %v", err)
			}
		})
	}
}

// A volume that outlived its Sandbox is nobody's: a Sandbox of that name that nobody controls takes it over, a claim's does not.
func TestAVolumeThatOutlivedItsSandbox(t *testing.T) {
	gone := builder.MakeSandbox("a").UID("gone").VolumeClaimTemplate("data").Obj()
	left := rules.NewVolumeClaim(gone, 0)
	left.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: "default", UID: "namespace-uid"}}
	unlabelled := left.DeepCopy()
	unlabelled.Labels = nil
	shared := left.DeepCopy()
	shared.OwnerReferences = append(shared.OwnerReferences, metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "x", UID: "x"})
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		volume  *corev1.PersistentVolumeClaim
		taken   bool
	}{
		"by a Sandbox of that name":    {builder.MakeSandbox("a"), left, true},
		"by one that keeps it, too":    {builder.MakeSandbox("a").Annotation(sandboxv1.AnnotationVolumesWhenDeleted, "Retain"), left, true},
		"by a claim's":                 {builder.MakeSandbox("a").ClaimedBy(builder.MakeClaim("a").Obj()), left, false},
		"by a pool's":                  {builder.MakeSandbox("a").Pool(builder.MakePool("p").Obj()), left, false},
		"somebody took the labels off": {builder.MakeSandbox("a"), unlabelled, false},
		"it has an owner besides":      {builder.MakeSandbox("a"), shared, false},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := tc.sandbox.VolumeClaimTemplate("data").Obj()
			next, err := rules.NextVolumeClaim(sandbox, tc.volume)
			if (err == nil) != tc.taken {
				t.Fatalf("error: %v", err)
			}
			// The namespace stays: a Sandbox that is created anew without the annotation does not end the keeping.
			if err == nil && !cmp.Equal(next.OwnerReferences, append([]metav1.OwnerReference{*rules.SandboxOwner(sandbox)}, left.OwnerReferences...)) {
				t.Errorf("owners are %v", next.OwnerReferences)
			}
		})
	}
}

// The word of the claim counts, or else that of the template.
func TestWhoSaysThatVolumesAreKept(t *testing.T) {
	const key = sandboxv1.AnnotationVolumesWhenDeleted
	for name, tc := range map[string]struct{ template, claim, want string }{
		"nobody":                         {"", "", ""},
		"the template":                   {"Retain", "", "Retain"},
		"the claim":                      {"", "Retain", "Retain"},
		"the claim against the template": {"Retain", "Delete", "Delete"},
	} {
		t.Run(name, func(t *testing.T) {
			template, claim := builder.MakeTemplate("t"), builder.MakeClaim("c").Template("t").BoundTo("c")
			if tc.template != "" {
				template.Annotation(key, tc.template)
			}
			if tc.claim != "" {
				claim.Annotation(key, tc.claim)
			}
			cold, problem := rules.NewClaimSandbox(claim.Obj(), template.Obj(), rules.DefaultLabelDomains)
			if problem != nil {
				t.Fatal(problem)
			}
			pool := builder.MakePool("p").Template("t").Obj()
			warm := rules.NewPoolSandbox(pool, rules.NewTemplateSnapshot(template.Obj()), "abcde")
			warm.UID = "warm"
			adopted, err := apply(t, warm, adoptionPatch(t, warm, claim.Obj()))
			if err != nil {
				t.Fatal(err)
			}
			for how, sandbox := range map[string]*sandboxv1.Sandbox{"cold": cold, "warm": adopted} {
				if got := sandbox.Annotations[key]; got != tc.want {
					t.Errorf("%s: the Sandbox says %q, want %q", how, got, tc.want)
				}
			}
		})
	}
}

// A member of a pool says what its template said when it was made. What the template says when a claim gets it counts.
func TestTheTemplatesWordAtTheClaim(t *testing.T) {
	const key = sandboxv1.AnnotationVolumesWhenDeleted
	says := func(word string) *extensionsv1.SandboxTemplate {
		template := builder.MakeTemplate("t")
		if word != "" {
			template.Annotation(key, word)
		}
		return template.Obj()
	}
	for name, tc := range map[string]struct {
		made  *extensionsv1.SandboxTemplate
		now   *extensionsv1.SandboxTemplate
		claim string
		want  string
	}{
		"said since then":          {says(""), says("Retain"), "", "Retain"},
		"taken back since then":    {says("Retain"), says(""), "", ""},
		"changed since then":       {says("Retain"), says("Delete"), "", "Delete"},
		"the same":                 {says("Retain"), says("Retain"), "", "Retain"},
		"the template is gone":     {says("Retain"), nil, "", "Retain"},
		"the claim says otherwise": {says(""), says("Retain"), "Delete", "Delete"},
	} {
		t.Run(name, func(t *testing.T) {
			warm := rules.NewPoolSandbox(builder.MakePool("p").Template("t").Obj(), rules.NewTemplateSnapshot(tc.made), "abcde")
			warm.UID = "warm"
			claim := builder.MakeClaim("c").Template("t").BoundTo("p-abcde")
			if tc.claim != "" {
				claim.Annotation(key, tc.claim)
			}
			patch, problem := rules.AdoptionPatch(warm, claim.Obj(), rules.Origin{Template: tc.now}, rules.DefaultLabelDomains)
			if problem != nil {
				t.Fatal(problem)
			}
			adopted, err := apply(t, warm, patch)
			if err != nil {
				t.Fatal(err)
			}
			if got, has := adopted.Annotations[key]; got != tc.want || has != (tc.want != "") {
				t.Errorf("the Sandbox says %q (%t), want %q", got, has, tc.want)
			}
		})
	}
}

// A Sandbox that has expired tells what keeps its volumes from being what it says of them. One that lives tells that as any error.
func TestTheStatusOfVolumesThatCannotBeKept(t *testing.T) {
	const key = sandboxv1.AnnotationVolumesWhenDeleted
	refused := errors.New("refused")
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		says    bool
		want    string
	}{
		"expired": {
			builder.MakeSandbox("a").ShutdownTime(later).Annotation(key, "Retain"), true,
			"SandboxExpired: Sandbox has expired; its volumes are not yet what it says of them in agents.x-k8s.io/volumes-when-deleted: refused",
		},
		"expired, and to be deleted with them": {
			builder.MakeSandbox("a").ShutdownTime(later).Annotation(key, "Delete"), true,
			"SandboxExpired: Sandbox has expired; its volumes are not yet what it says of them in agents.x-k8s.io/volumes-when-deleted: refused",
		},
		"what nobody can mean is a word": {builder.MakeSandbox("a").Annotation(key, ""), true, "ReconcilerError: Error seen: refused"},
		"not expired":                    {builder.MakeSandbox("a"), false, "ReconcilerError: Error seen: refused"},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := tc.sandbox.Obj()
			if got := rules.SaysWhetherVolumesAreKept(sandbox); got != tc.says {
				t.Errorf("it says something of its volumes: %t", got)
			}
			ready := rules.SandboxStatus(sandbox, rules.Observed{Err: refused, VolumesErr: refused}, later).Conditions[0]
			if got := ready.Reason + ": " + ready.Message; got != tc.want {
				t.Errorf("Ready is %q, want %q", got, tc.want)
			}
		})
	}
}

func TestCheckVolumesWhenDeleted(t *testing.T) {
	says := func(word string) *sandboxv1.Sandbox {
		return builder.MakeSandbox("a").Annotation(sandboxv1.AnnotationVolumesWhenDeleted, word).Obj()
	}
	none := builder.MakeSandbox("a").Obj()
	for name, tc := range map[string]struct {
		old   metav1.Object
		obj   *sandboxv1.Sandbox
		valid bool
	}{
		"none":                               {nil, none, true},
		"Retain":                             {nil, says("Retain"), true},
		"Delete":                             {none, says("Delete"), true},
		"another case":                       {nil, says("retain"), false},
		"nothing":                            {none, says(""), false},
		"another word that is there already": {says("keep"), says("keep"), true},
		"another word, changed":              {says("keep"), says("hold"), false},
	} {
		if got := rules.CheckVolumesWhenDeleted(tc.old, tc.obj); (len(got) == 0) != tc.valid {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestUnheardVolumesWhenDeleted(t *testing.T) {
	const key = sandboxv1.AnnotationVolumesWhenDeleted
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("c") }
	for name, tt := range map[string]struct {
		old, claim *extensionsv1.SandboxClaim
		warned     bool
	}{
		"on create":              {nil, claim().Annotation(key, "Retain").Obj(), false},
		"before it is bound":     {claim().Obj(), claim().Annotation(key, "Retain").Obj(), false},
		"on a bound claim":       {claim().BoundTo("p-a").Obj(), claim().BoundTo("p-a").Annotation(key, "Retain").Obj(), true},
		"taken from a bound one": {claim().BoundTo("p-a").Annotation(key, "Retain").Obj(), claim().BoundTo("p-a").Obj(), true},
		"left as it was":         {claim().BoundTo("p-a").Annotation(key, "Retain").Obj(), claim().BoundTo("p-a").Annotation(key, "Retain").Obj(), false},
	} {
		if got := rules.UnheardVolumesWhenDeleted(tt.old, tt.claim); (len(got) > 0) != tt.warned {
			t.Errorf("%s: warned of %v, want a warning: %t", name, got, tt.warned)
		}
	}
}
