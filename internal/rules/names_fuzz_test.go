package rules_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/types"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func isName(name string) bool { return len(validation.NameIsDNSSubdomain(name, false)) == 0 }

// FuzzNames: names that are made of valid names are valid, and those of two objects are two.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"a", "runner", "a.b-c", strings.Repeat("a", 253), strings.Repeat("a.", 126) + "a", "a-" + strings.Repeat("-", 60) + "b", "", "\xff"} {
		f.Add(name, "uid", "other-uid", "data-foo", "data")
	}
	f.Fuzz(func(t *testing.T, name, uid, other, volume, rivals string) {
		if !isName(name) {
			return
		}
		if generated := rules.GeneratedName(name+"-", "abcde"); !isName(generated) || len(generated) > 63 || !strings.HasSuffix(generated, "abcde") {
			t.Errorf("%q of %q", generated, name)
		}
		claim, same := builder.MakeClaim(name).UID(types.UID(uid)).Obj(), builder.MakeClaim(name).UID(types.UID(other)).Obj()
		own, second := rules.ColdName(claim, false), rules.ColdName(claim, true)
		if !isName(own) || !isName(second) || own == second || !rules.IsColdName(claim, own) || !rules.IsColdName(claim, second) {
			t.Errorf("cold names %q and %q", own, second)
		}
		if rules.Hash(uid)[:5] != rules.Hash(other)[:5] && rules.ColdName(same, true) == second {
			t.Errorf("two claims have the cold name %q", second)
		}
		if len(rules.Hash(name)) != 8 || len(validation.NameIsDNSLabel(rules.Hash(name), false)) > 0 {
			t.Errorf("hash %q", rules.Hash(name))
		}
		checkVolumesOf(t, name, volume, rivals)
	})
}

// checkVolumesOf: if two Sandboxes have a volume of one name, that is found before one of them is created.
func checkVolumesOf(t *testing.T, name, volume, others string) {
	t.Helper()
	sandbox := builder.MakeSandbox(name).VolumeClaimTemplate(volume).Obj()
	shared := rules.VolumeName(sandbox, 0)
	possible := rules.PossibleVolumeConflicts(sandbox)
	for at := range shared {
		if shared[at] != '-' || at == 0 {
			continue
		}
		rival := builder.MakeSandbox(shared[at+1:]).VolumeClaimTemplate(shared[:at]).Obj()
		if rival.Name == name || rival.Name == "" {
			continue
		}
		if !slices.Contains(possible, rival.Name) {
			t.Fatalf("%q with %q shares %q with %q, which is not looked for: %q", name, volume, shared, rival.Name, possible)
		}
		if len(rules.CheckVolumeNames(sandbox, []*sandboxv1.Sandbox{rival})) == 0 {
			t.Fatalf("%q shares %q with %q", name, shared, rival.Name)
		}
	}
	other := builder.MakeSandbox(name).VolumeClaimTemplate(others).Obj()
	if utf8.ValidString(others) && (len(rules.CheckVolumeNames(sandbox, []*sandboxv1.Sandbox{other})) > 0) != (volume == others) {
		t.Errorf("%q and %q of %q", volume, others, name)
	}
}
