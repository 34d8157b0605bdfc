package candidates

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
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

// member returns a Ready Sandbox of pool, made of the given version of the template.
func member(name string, of *extensionsv1.SandboxTemplate) *builder.SandboxWrapper {
	return builder.MakeSandbox(name).Pool(pool).Ready().
		PodSpec(rules.Blueprint(of).PodTemplate.Spec).Label(sandboxv1.LabelTemplateHash, rules.BlueprintHash(of))
}

// empty returns an Index with that order that has observed the pool, the template and the node.
func empty(order uint64) *Index {
	index := New(order)
	index.ObserveNode(builder.MakeNode(builder.DefaultNode).Obj())
	index.ObservePool(pool)
	index.ObserveTemplate(template)
	return index
}

// filled returns an Index that has also observed n members. Each of s-0, s-1 and so on is a second younger than the one
// before.
func filled(n int) *Index { return ordered(0, n) }

// ordered is filled with another order.
func ordered(order uint64, n int) *Index {
	index := empty(order)
	for i := range n {
		index.Observe(member(fmt.Sprintf("s-%d", i), template).CreatedAt(start.Add(time.Duration(i) * time.Second)).Obj())
	}
	return index
}

func key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: builder.DefaultNamespace, Name: name}
}

// drain picks for claims of one kind until nothing is left.
func drain(index *Index, claim *extensionsv1.SandboxClaim, now time.Time) map[string]int {
	picked := map[string]int{}
	for range 100 {
		name := index.Pick(claim, now)
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

// Within an hour, the order is the index's own. Candidates of an older age window go first.
func TestTheOldestGoFirst(t *testing.T) {
	for order := range uint64(20) {
		index := empty(order)
		for i, name := range []string{"c-0", "b-0", "b-1", "a-0"} {
			index.Observe(member(name, template).CreatedAt(start.Add(time.Duration(-i) * 59 * time.Minute)).Obj())
		}
		got := ""
		for range 4 {
			got += index.Pick(byPool, start)[:1]
		}
		if got != "abbc" {
			t.Errorf("in order %d the eras are picked as %s", order, got)
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
			if got := filled(1).Pick(tc.claim.Obj(), start); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// A claim gets no Sandbox whose labels or annotations conflict with those that it adds.
func TestPickContradictsNothing(t *testing.T) {
	const team = "sandbox.users.io/team"
	red, noted := builder.MakeTemplate("t").PodLabel(team, "red").Obj(), builder.MakeTemplate("t").PodAnnotation("note", "yes").Obj()
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		want  []string
	}{
		"it adds nothing":            {builder.MakeClaim("c").Pool("p"), []string{"noted", "red"}},
		"it adds what is nowhere":    {builder.MakeClaim("c").Pool("p").PodLabel("sandbox.users.io/a", "b"), []string{"noted", "red"}},
		"it adds what some have":     {builder.MakeClaim("c").Pool("p").PodLabel(team, "red"), []string{"noted", "red"}},
		"it contradicts some":        {builder.MakeClaim("c").Pool("p").PodAnnotation("note", "no"), []string{"red", ""}},
		"it contradicts others":      {builder.MakeClaim("c").Pool("p").PodLabel(team, "blue"), []string{"noted", ""}},
		"it contradicts all of them": {builder.MakeClaim("c").Pool("p").PodLabel(team, "blue").PodAnnotation("note", "no"), []string{"", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			index := empty(0)
			index.Observe(member("red", red).PodLabel(team, "red").Obj())
			index.Observe(member("noted", noted).PodAnnotation("note", "yes").CreatedAt(start.Add(-2 * time.Hour)).Obj())
			for i, want := range tc.want {
				if got := index.Pick(tc.claim.Obj(), start); got != want {
					t.Errorf("pick %d: %q, want %q", i, got, want)
				}
			}
		})
	}
}

// Each turn observes a Sandbox of the same name and says whether the index offers it.
func TestObserve(t *testing.T) {
	index := empty(0)
	index.ObserveNode(builder.MakeNode("node-2").Obj())
	for _, turn := range []struct {
		name    string
		sandbox *builder.SandboxWrapper
		want    string
	}{
		{"a Sandbox that is not Ready", builder.MakeSandbox("a").Pool(pool), ""},
		{"it turns Ready", member("a", template), "a"},
		{"it moves to another address", member("a", template).PodIPs("10.0.0.9"), "a"},
		{"it moves to another node", member("a", template).Node("node-2"), "a"},
		{"it moves to a node that is not known", member("a", template).Node("node-3"), ""},
		{"it does not say on which node it is", member("a", template).Node(""), "a"},
		{"it is made of another template", member("a", newer), "a"},
		{"it is another of the name", member("a", newer).UID("b").CreatedAt(start.Add(time.Hour)), "a"},
		{"it is not Ready", member("a", newer).Generation(2), ""},
		{"it is Ready again", member("a", newer), "a"},
		{"it is being deleted", member("a", newer).Deleting(), ""},
		{"it is adopted", member("a", newer).ClaimedBy(byPool), ""},
	} {
		for range 2 { // Observing it again changes nothing.
			index.Observe(turn.sandbox.Obj())
			if got := index.Peek(byPool, start); got != turn.want {
				t.Errorf("%s: %q, want %q", turn.name, got, turn.want)
			}
		}
	}
	if len(index.sandboxes)+len(index.queues)+len(index.nodes.candidates) > 0 {
		t.Errorf("left over: %v, %v, %v", index.sandboxes, index.queues, index.nodes.candidates)
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
			if got := index.Pick(byPool, start); got != "" {
				t.Errorf("picked %q", got)
			}
			forget(index) // Forgetting twice does no harm.
		})
	}
	t.Run("what is not known", func(t *testing.T) {
		index := New(0)
		index.Forget(key("a"))
		index.ForgetPool(key("a"))
		index.ForgetTemplate(key("a"))
		if got := index.Pick(byPool, start); got != "" {
			t.Errorf("picked %q", got)
		}
	})
}

// A member that is current again after its template went back must be offered again.
func TestTemplateSwitches(t *testing.T) {
	relabelled := builder.MakeTemplate("t").PodLabel("team", "a").Obj()
	old, current := member("old", template).Obj(), member("current", newer).Obj()
	for name, tc := range map[string]struct {
		pool  *extensionsv1.SandboxWarmPool
		turns func(*Index)
		want  []string
	}{
		"the current one first, and then the old":           {pool: pool, turns: func(i *Index) { i.ObserveTemplate(newer) }, want: []string{"current", "old", ""}},
		"a pool that keeps nothing old":                     {pool: recreate, turns: func(i *Index) { i.ObserveTemplate(newer) }, want: []string{"current", ""}},
		"the template goes back":                            {pool: recreate, turns: func(i *Index) { i.ObserveTemplate(newer); i.ObserveTemplate(template) }, want: []string{"old", ""}},
		"the template gets a label for its Pods":            {pool: recreate, turns: func(i *Index) { i.ObserveTemplate(relabelled) }, want: []string{"old", ""}},
		"the template is gone: nothing says what is old":    {pool: recreate, turns: func(i *Index) { i.ForgetTemplate(key("t")) }, want: []string{"*", "*", ""}},
		"the pool turns to another template, and keeps old": {pool: pool, turns: func(i *Index) { i.ObservePool(builder.MakePool("p").Template("u").Obj()) }, want: []string{"*", "*", ""}},
		"the pool turns to another template, and keeps nothing old": {
			pool: recreate, turns: func(i *Index) {
				i.ObserveTemplate(builder.MakeTemplate("u").Obj())
				i.ObservePool(builder.MakePool("p").Template("u").UpdateStrategy(extensionsv1.UpdateStrategyRecreate).Obj())
			}, want: []string{""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			index := empty(0)
			index.ObservePool(tc.pool)
			index.Observe(old)
			index.Observe(current)
			tc.turns(index)
			got := map[string]bool{}
			for i, want := range tc.want {
				picked := index.Pick(byPool, start)
				if (want == "*" && picked == "") || (want != "*" && picked != want) || got[picked] {
					t.Errorf("pick %d: %q, want %q", i, picked, want)
				}
				got[picked] = true
			}
		})
	}
}

// A Pod label changes the hash of the template, but not its Sandboxes. The order must go across both hashes.
func TestCurrentMembersOfSeveralHashes(t *testing.T) {
	relabelled := builder.MakeTemplate("t").PodLabel("team", "a").Obj()
	index := empty(0)
	index.ObservePool(recreate)
	index.ObserveTemplate(relabelled)
	index.Observe(member("new-0", relabelled).CreatedAt(start.Add(3 * time.Hour)).Obj())
	index.Observe(member("old-1", template).CreatedAt(start.Add(2 * time.Hour)).Obj())
	index.Observe(member("new-1", relabelled).CreatedAt(start.Add(time.Hour)).Obj())
	index.Observe(member("old-0", template).Obj())
	for _, want := range []string{"old-0", "new-1", "old-1", "new-0", ""} {
		if got := index.Pick(byPool, start); got != want {
			t.Errorf("picked %q, want %q", got, want)
		}
	}
}
