package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Members are written as words: what they are made of, and their state. "old" has another image than the template has
// now. The plan must list the members to delete in the order of their deletion.
func TestPlanPoolReplaces(t *testing.T) {
	const recreate, keep = extensionsv1.UpdateStrategyRecreate, extensionsv1.UpdateStrategyOnReplenish
	template := builder.MakeTemplate("t").Image("new").Obj()
	earlier := builder.MakeTemplate("t").Image("old").Obj()
	const stuck, noNode = extensionsv1.ReasonSandboxesNotReady, extensionsv1.ReasonSandboxesUnschedulable
	type plan struct {
		Deleted                                     string
		Create, Replicas, Ready, Outdated, OldReady int
	}
	for name, tc := range map[string]struct {
		strategy extensionsv1.UpdateStrategyType
		stopped  string
		edition  *extensionsv1.SandboxTemplate
		replicas int32
		members  string
		want     plan
	}{
		"all are current": {recreate, "", template, 2, "new-ready new", plan{Replicas: 2, Ready: 1}},
		"the only one is old: there is none for a while": {
			recreate, "", template, 1, "old-ready", plan{Deleted: "old-ready", Replicas: 1, Ready: 1, Outdated: 1, OldReady: 1},
		},
		"of those that are Ready a quarter goes at first": {
			recreate, "", template, 8, "8*old-ready", plan{Deleted: "2*old-ready", Replicas: 8, Ready: 8, Outdated: 8, OldReady: 8},
		},
		"a quarter is rounded down": {recreate, "", template, 7, "7*old-ready", plan{Deleted: "1*old-ready", Replicas: 7, Ready: 7, Outdated: 7, OldReady: 7}},
		"while those leave, no more go": {
			recreate, "", template, 8, "6*old-ready 2*leaving", plan{Replicas: 6, Ready: 6, Outdated: 6, OldReady: 6},
		},
		"while others start, no more go": {
			recreate, "", template, 8, "6*old-ready 2*new", plan{Replicas: 8, Ready: 6, Outdated: 6, OldReady: 6},
		},
		"when one is Ready, another goes": {
			recreate, "", template, 8, "6*old-ready new new-ready", plan{Deleted: "1*old-ready", Replicas: 8, Ready: 7, Outdated: 6, OldReady: 6},
		},
		"and when one was Ready and a claim took it": {
			recreate, "", template, 8, "6*old-ready new", plan{Deleted: "1*old-ready", Create: 1, Replicas: 7, Ready: 6, Outdated: 6, OldReady: 6},
		},
		"those that are not Ready go first, a quarter at a time": {
			recreate, "", template, 8, "4*old-down 4*old-ready", plan{Deleted: "2*old-down", Replicas: 8, Ready: 4, Outdated: 8, OldReady: 4},
		},
		"what they leave of the quarter is for those that are Ready": {
			recreate, "", template, 8, "7*old-ready old-down", plan{Deleted: "old-down old-ready", Replicas: 8, Ready: 7, Outdated: 8, OldReady: 7},
		},
		"all turn NotReady while the template is new": {
			recreate, "", template, 8, "8*old-down", plan{Deleted: "2*old-down", Replicas: 8, Outdated: 8},
		},
		"and while its first members start": {recreate, "", template, 8, "6*old-down 2*new", plan{Replicas: 8, Outdated: 6}},
		"and while those leave":             {recreate, "", template, 8, "6*old-down 2*leaving", plan{Replicas: 6, Outdated: 6}},
		"and its first members are stuck": {
			recreate, stuck, template, 8, "6*old-down 2*new-stuck", plan{Deleted: "2*new-stuck", Replicas: 8, Outdated: 6},
		},
		"and its first members are Ready": {
			recreate, "", template, 8, "6*old-down 2*new-ready", plan{Deleted: "2*old-down", Replicas: 8, Ready: 2, Outdated: 6},
		},
		"and most are of it already, and turned NotReady, too": {
			recreate, "", template, 8, "2*old-down 6*new", plan{Replicas: 8, Outdated: 2},
		},
		"what no node takes goes while others start": {
			recreate, "", template, 8, "6*old-waiting 2*new", plan{Deleted: "2*old-waiting", Replicas: 8, Outdated: 6},
		},
		"but not while others are to be created": {
			recreate, "", template, 8, "6*old-waiting 2*leaving", plan{Replicas: 6, Outdated: 6},
		},
		"when nothing gets on, what is Ready stays": {
			recreate, stuck, template, 8, "1*old-down 7*old-ready", plan{Deleted: "1*old-down", Replicas: 8, Ready: 7, Outdated: 8, OldReady: 7},
		},
		"what is too many goes at once, and the quarter besides": {
			recreate, "", template, 4, "8*old-down", plan{Deleted: "5*old-down", Replicas: 8, Outdated: 8},
		},
		"where nothing runs yet, a quarter goes, too": {
			recreate, "", template, 8, "8*old", plan{Deleted: "2*old", Replicas: 8, Outdated: 8},
		},
		"and when one is found to be stuck": {
			recreate, "", template, 8, "6*old-ready new-stuck new-ready", plan{Deleted: "new-stuck", Replicas: 8, Ready: 7, Outdated: 6, OldReady: 6},
		},
		"what no node takes counts in the quarter": {
			recreate, noNode, template, 8, "6*old-ready new-waiting new-ready", plan{Deleted: "old-ready", Replicas: 8, Ready: 7, Outdated: 6, OldReady: 6},
		},
		"where nothing else is missing, one makes room": {
			recreate, noNode, template, 8, "4*old-ready 4*new-waiting", plan{Deleted: "old-ready", Replicas: 8, Ready: 4, Outdated: 4, OldReady: 4},
		},
		"but not while another starts": {
			recreate, noNode, template, 8, "4*old-ready 3*new-waiting new", plan{Replicas: 8, Ready: 4, Outdated: 4, OldReady: 4},
		},
		"or leaves": {
			recreate, noNode, template, 8, "4*old-ready 3*new-waiting leaving", plan{Replicas: 7, Ready: 4, Outdated: 4, OldReady: 4},
		},
		"what is too many goes besides: what is not Ready first, then what is old": {
			recreate, "", template, 4, "3*old-ready 2*new 3*new-ready", plan{Deleted: "2*new 2*old-ready", Replicas: 8, Ready: 6, Outdated: 3, OldReady: 3},
		},
		"a pool that keeps what is old":       {keep, "", template, 2, "old-ready old", plan{Replicas: 2, Ready: 1}},
		"while the template does not exist":   {recreate, "", nil, 2, "old-ready old", plan{Replicas: 2, Ready: 1}},
		"the pool turned to another template": {recreate, "", builder.MakeTemplate("u").Image("old").Obj(), 1, "old-ready", plan{Deleted: "1*old-ready", Replicas: 1, Ready: 1, Outdated: 1, OldReady: 1}},
		"the template got a label for its Pods": {
			recreate, "", builder.MakeTemplate("t").Image("new").PodLabel("a", "b").Obj(), 1, "new-ready", plan{Replicas: 1, Ready: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			makePool := builder.MakePool("p").Template("t").Replicas(tc.replicas).UpdateStrategy(tc.strategy)
			if tc.stopped != "" {
				makePool.Condition(extensionsv1.ConditionProgressing, metav1.ConditionFalse, tc.stopped)
			}
			pool := makePool.Obj()
			var members []*sandboxv1.Sandbox
			what := map[string]string{}
			for i, word := range words(tc.members) {
				of := earlier
				if strings.HasPrefix(word, "new") {
					of = template
				}
				made := rules.NewPoolSandbox(pool, rules.NewTemplateSnapshot(of), "0000"+string(rune('a'+i)))
				w := builder.MakeSandbox(made.Name).Pool(pool).PodSpec(made.Spec.PodTemplate.Spec).Label(sandboxv1.LabelTemplateHash, made.Labels[sandboxv1.LabelTemplateHash])
				switch {
				case strings.HasSuffix(word, "-ready"):
					w.Ready()
				case strings.HasSuffix(word, "-stuck"):
					w.CreatedAt(at(-5))
				case strings.HasSuffix(word, "-waiting"):
					w.CreatedAt(at(-5)).Condition(sandboxv1.ConditionPodScheduled, metav1.ConditionFalse, "Unschedulable")
				case strings.HasSuffix(word, "-down"):
					w.Node("n").Condition(sandboxv1.ConditionPodScheduled, metav1.ConditionTrue, "PodScheduled").
						Condition(sandboxv1.ConditionReady, metav1.ConditionFalse, sandboxv1.ReasonDependenciesNotReady)
				case word == "leaving":
					w.Deleting()
				}
				members, what[made.Name] = append(members, w.Obj()), word
			}
			p := rules.PlanPool(pool, rules.NewTemplateSnapshot(tc.edition), members, nil, settings, builder.Epoch)
			var deleted []string
			for _, member := range p.Delete {
				deleted = append(deleted, what[member.Name])
			}
			got := plan{strings.Join(deleted, " "), p.Create, p.Replicas, p.Ready, p.Outdated, p.OutdatedReady}
			tc.want.Deleted = strings.Join(words(tc.want.Deleted), " ")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// words returns the words of text. "3*a" stands for "a a a".
func words(text string) []string {
	var all []string
	for word := range strings.FieldsSeq(text) {
		count, what, many := strings.Cut(word, "*")
		if !many {
			all = append(all, word)
			continue
		}
		all = append(all, slices.Repeat([]string{what}, int(count[0]-'0'))...)
	}
	return all
}

// A pool in which everything is outdated must become current, one quarter at a time, and must never exceed its
// replicas.
func TestReplacingComesToAnEnd(t *testing.T) {
	const replicas = 10
	pool := builder.MakePool("p").Template("t").Replicas(replicas).UpdateStrategy(extensionsv1.UpdateStrategyRecreate).Obj()
	before, now := rules.NewTemplateSnapshot(builder.MakeTemplate("t").Image("old").Obj()), rules.NewTemplateSnapshot(builder.MakeTemplate("t").Image("new").Obj())
	var members []*sandboxv1.Sandbox
	for i := range replicas {
		members = append(members, readyMember(rules.NewPoolSandbox(pool, before, "0000"+string(rune('a'+i)))))
	}
	fewest := replicas
	var memory *rules.PoolState
	for round := 0; slices.ContainsFunc(members, func(m *sandboxv1.Sandbox) bool { return !now.Matches(m) }); round++ {
		plan := rules.PlanPool(pool, now, members, memory, settings, builder.Epoch)
		plan.Created, _, memory = rules.PlanRefill(memory, pool, plan, settings.Refill, builder.Epoch)
		memory = memory.WithWritten(&plan)
		members = slices.DeleteFunc(members, func(m *sandboxv1.Sandbox) bool { return slices.Contains(plan.Delete, m) })
		fewest = min(fewest, len(members))
		if round > replicas {
			t.Fatal("it does not end")
		}
		for i := range plan.Create {
			members = append(members, readyMember(rules.NewPoolSandbox(pool, now, "000"+string(rune('a'+round))+string(rune('a'+i)))))
		}
		if len(members) > replicas {
			t.Fatalf("round %d: %d members", round, len(members))
		}
	}
	if fewest != replicas-replicas/4 {
		t.Errorf("there were %d Sandboxes at the least, want %d", fewest, replicas-replicas/4)
	}
}

// What a pool has created counts as being replaced before the members, as they were read, show it, and what it could not create
// although it was due goes on counting.
func TestWhatIsDueIsBeingReplaced(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Replicas(8).UpdateStrategy(extensionsv1.UpdateStrategyRecreate).Obj()
	before, now := rules.NewTemplateSnapshot(builder.MakeTemplate("t").Image("old").Obj()), rules.NewTemplateSnapshot(builder.MakeTemplate("t").Image("new").Obj())
	var members []*sandboxv1.Sandbox
	for i := range 8 {
		members = append(members, readyMember(rules.NewPoolSandbox(pool, before, "0000"+string(rune('a'+i)))))
	}
	var memory *rules.PoolState
	for _, turn := range []struct {
		what                    string
		gone, unseen            int
		deletes, creates, stays int
	}{
		{what: "at first", deletes: 2},
		{what: "when they are gone, and nothing can be created", gone: 2, creates: 2, stays: 2},
		{what: "when one can be created", creates: 2, stays: 1},
		{what: "before that is seen", unseen: 1, creates: 2},
		{what: "before both are seen", unseen: 2, creates: 2},
		{what: "when both are lost", deletes: 2, creates: 2},
	} {
		members = members[turn.gone:]
		plan := rules.PlanPool(pool, now, members, memory.WithUnseen(turn.unseen), settings, builder.Epoch)
		create, _, after := rules.PlanRefill(memory.WithUnseen(turn.unseen), pool, plan, settings.Refill, builder.Epoch)
		if len(plan.Delete) != turn.deletes || create != turn.creates {
			t.Errorf("%s: %d are deleted and %d created, want %d and %d", turn.what, len(plan.Delete), create, turn.deletes, turn.creates)
		}
		plan.Created = create - turn.stays - turn.unseen
		memory = after.WithWritten(&plan)
	}
}

func readyMember(sandbox *sandboxv1.Sandbox) *sandboxv1.Sandbox {
	sandbox.Generation = 1
	sandbox.Status = builder.MakeSandbox(sandbox.Name).Ready().Obj().Status
	return sandbox
}
