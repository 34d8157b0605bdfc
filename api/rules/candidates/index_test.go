package candidates

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var (
	start    = builder.Epoch
	template = builder.MakeTemplate("t").Obj()
	newer    = builder.MakeTemplate("t").Image("newer").Obj()
	pool     = builder.MakePool("p").Template("t").Obj()
	recreate = builder.MakePool("p").Template("t").UpdateStrategy(extensionsv1.UpdateStrategyRecreate).Obj()
	byPool   = builder.MakeClaim("c").Pool("p").Obj()
	byName   = builder.MakeClaim("c").Template("t").Obj()
)

// member is a Ready Sandbox of pool, made of a template as it was.
func member(name string, of *extensionsv1.SandboxTemplate) *builder.SandboxWrapper {
	return builder.MakeSandbox(name).Pool(pool).Ready().Label(sandboxv1.LabelTemplateHash, rules.BlueprintHash(of))
}

// filled returns an Index that has seen the pool, the template and that many members: s-0, the oldest, and so on.
func filled(n int) *Index {
	index := New()
	index.ObservePool(pool)
	index.ObserveTemplate(template)
	for i := range n {
		index.Observe(member(fmt.Sprintf("s-%d", i), template).CreatedAt(start.Add(time.Duration(i) * time.Second)).Obj())
	}
	return index
}

func key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: builder.DefaultNamespace, Name: name}
}

// drain picks for claims of one kind until there is nothing left.
func drain(index *Index, claim *extensionsv1.SandboxClaim, now time.Time) map[string]int {
	picked := map[string]int{}
	for i := range 100 {
		name := index.Pick(claim, fmt.Sprint(i), now)
		if name == "" {
			break
		}
		picked[name]++
	}
	return picked
}

func TestPickGivesEachOnce(t *testing.T) {
	for name, claim := range map[string]*extensionsv1.SandboxClaim{"to claims of the pool": byPool, "to claims of the template": byName} {
		t.Run(name, func(t *testing.T) {
			want := map[string]int{}
			for i := range 40 {
				want[fmt.Sprintf("s-%d", i)] = 1
			}
			if diff := cmp.Diff(want, drain(filled(40), claim, start)); diff != "" {
				t.Errorf("picks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPickIsAmongTheOldest(t *testing.T) {
	index := filled(100)
	for i := range 200 {
		var n int
		name := index.Peek(byPool, fmt.Sprint(i), start)
		if _, err := fmt.Sscanf(name, "s-%d", &n); err != nil || n >= window {
			t.Errorf("seed %d picks %q, want one of the %d oldest", i, name, window)
		}
	}
}

func TestPickIsForTheClaim(t *testing.T) {
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		want  string
	}{
		"of the pool":               {builder.MakeClaim("c").Pool("p"), "s-0"},
		"of another pool":           {builder.MakeClaim("c").Pool("q"), ""},
		"of the template":           {builder.MakeClaim("c").Template("t"), "s-0"},
		"of another template":       {builder.MakeClaim("c").Template("u"), ""},
		"in another namespace":      {builder.MakeClaim("c").Namespace("other").Pool("p"), ""},
		"with variables of its own": {builder.MakeClaim("c").Pool("p").Env("A", "1"), ""},
		"of the Sandbox's name":     {builder.MakeClaim("s-0").Pool("p"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := filled(1).Pick(tc.claim.Obj(), "seed", start); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestObserveSaysWhatIsNew(t *testing.T) {
	index := filled(0)
	for _, turn := range []struct {
		name    string
		sandbox *builder.SandboxWrapper
		want    bool
	}{
		{"a Sandbox that is not Ready", builder.MakeSandbox("a").Pool(pool), false},
		{"it turns Ready", member("a", template), true},
		{"it is seen again", member("a", template), false},
		{"it moves to another address", member("a", template).PodIPs("10.0.0.9"), false},
		{"it is made of another template", member("a", newer), true},
		{"it is another of the name", member("a", newer).CreatedAt(start.Add(time.Hour)), true},
		{"it is not Ready", member("a", newer).Generation(2), false},
		{"it is Ready again", member("a", newer), true},
		{"it is being deleted", member("a", newer).Deleting(), false},
		{"it is adopted", member("a", newer).ClaimedBy(byPool), false},
	} {
		if got := index.Observe(turn.sandbox.Obj()); got != turn.want {
			t.Errorf("%s: %t, want %t", turn.name, got, turn.want)
		}
	}
	if len(index.sandboxes) > 0 || len(index.shelves) > 0 {
		t.Errorf("left over: %v, %v", index.sandboxes, index.shelves)
	}
}

func TestWhatIsForgottenIsNotPicked(t *testing.T) {
	for name, forget := range map[string]func(*Index){
		"the Sandbox":    func(i *Index) { i.Forget(key("s-0")) },
		"an adopted one": func(i *Index) { i.Observe(member("s-0", template).ClaimedBy(byPool).Obj()) },
		"an orphan":      func(i *Index) { i.Observe(member("s-0", template).OwnerReferences().Obj()) },
		"the pool":       func(i *Index) { i.ForgetPool(key("p")) },
		"a deleted pool": func(i *Index) { i.ObservePool(builder.MakePool("p").Template("t").Deleting().Obj()) },
		"a later pool":   func(i *Index) { i.ObservePool(builder.MakePool("p").Template("t").UID("later").Obj()) },
	} {
		t.Run(name, func(t *testing.T) {
			index := filled(1)
			forget(index)
			if got := index.Pick(byPool, "seed", start); got != "" {
				t.Errorf("picked %q", got)
			}
			forget(index) // Twice is no harm.
		})
	}
	t.Run("what is not known", func(t *testing.T) {
		index := New()
		index.Forget(key("a"))
		index.ForgetPool(key("a"))
		index.ForgetTemplate(key("a"))
		if got := index.Pick(byPool, "seed", start); got != "" {
			t.Errorf("picked %q", got)
		}
	})
}

// W8 of the reference: a member that is current again after its template went back has to be within reach again.
func TestTemplateSwitches(t *testing.T) {
	old, current := member("old", template).Obj(), member("current", newer).Obj()
	for name, tc := range map[string]struct {
		pool  *extensionsv1.SandboxWarmPool
		turns func(*Index)
		want  []string
	}{
		"the current one first, and then the old":           {pool: pool, turns: func(i *Index) { i.ObserveTemplate(newer) }, want: []string{"current", "old", ""}},
		"a pool that keeps nothing old":                     {pool: recreate, turns: func(i *Index) { i.ObserveTemplate(newer) }, want: []string{"current", ""}},
		"the template goes back":                            {pool: recreate, turns: func(i *Index) { i.ObserveTemplate(newer); i.ObserveTemplate(template) }, want: []string{"old", ""}},
		"the template is gone: nothing says what is old":    {pool: recreate, turns: func(i *Index) { i.ForgetTemplate(key("t")) }, want: []string{"", ""}},
		"the pool turns to another template, and keeps old": {pool: pool, turns: func(i *Index) { i.ObservePool(builder.MakePool("p").Template("u").Obj()) }, want: []string{"", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			index := New()
			index.ObservePool(tc.pool)
			index.ObserveTemplate(template)
			index.Observe(old)
			index.Observe(current)
			tc.turns(index)
			got := map[string]bool{}
			for i, want := range tc.want {
				picked := index.Pick(byPool, "seed", start)
				if want != "" && picked != want {
					t.Errorf("pick %d: %q, want %q", i, picked, want)
				}
				if picked != "" && got[picked] {
					t.Errorf("%q was picked twice", picked)
				}
				got[picked] = true
			}
		})
	}
}
