package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestPlanPool(t *testing.T) {
	pool := builder.MakePool("p").Obj()
	member := func(name string, minutes int) *builder.SandboxWrapper {
		return builder.MakeSandbox(name).Pool(pool).CreatedAt(builder.Epoch.Add(time.Duration(minutes) * time.Minute))
	}
	type plan struct {
		Create, Replicas, Ready int
		Delete                  []string
	}
	for name, tc := range map[string]struct {
		replicas int32
		members  []*builder.SandboxWrapper
		want     plan
	}{
		"an empty pool":             {replicas: 3, want: plan{Create: 3}},
		"a pool that wants none":    {replicas: 0, want: plan{}},
		"as many as it should have": {replicas: 2, members: []*builder.SandboxWrapper{member("a", 0).Ready(), member("b", 1)}, want: plan{Replicas: 2, Ready: 1}},
		"one too few":               {replicas: 2, members: []*builder.SandboxWrapper{member("a", 0).Ready()}, want: plan{Create: 1, Replicas: 1, Ready: 1}},
		"one that is leaving still takes its place": {
			replicas: 2, members: []*builder.SandboxWrapper{member("a", 0).Ready(), member("b", 0).Ready().Deleting()}, want: plan{Replicas: 1, Ready: 1},
		},
		"more leaving than there is place for": {
			replicas: 1, members: []*builder.SandboxWrapper{member("a", 0).Deleting(), member("b", 0).Deleting()}, want: plan{},
		},
		"those that are leaving do not make too many": {
			replicas: 1, members: []*builder.SandboxWrapper{member("a", 0).Ready(), member("b", 0).Deleting()}, want: plan{Replicas: 1, Ready: 1},
		},
		"too many: those that are not Ready go first": {
			replicas: 1, members: []*builder.SandboxWrapper{member("new", 9).Ready(), member("old", 0), member("older", -1)},
			want: plan{Replicas: 3, Ready: 1, Delete: []string{"old", "older"}},
		},
		"then the newest": {
			replicas: 1, members: []*builder.SandboxWrapper{member("a", 0).Ready(), member("c", 2).Ready(), member("b", 1).Ready()},
			want: plan{Replicas: 3, Ready: 3, Delete: []string{"c", "b"}},
		},
		"then by name": {
			replicas: 2, members: []*builder.SandboxWrapper{member("c", 0), member("a", 0), member("b", 0)},
			want: plan{Replicas: 3, Delete: []string{"a"}},
		},
		"one that was Ready a generation ago is not": {
			replicas: 1, members: []*builder.SandboxWrapper{member("a", 0).Ready().Generation(2), member("b", 1).Ready()},
			want: plan{Replicas: 2, Ready: 1, Delete: []string{"a"}},
		},
		"scaled to nothing": {
			replicas: 0, members: []*builder.SandboxWrapper{member("a", 0).Ready(), member("b", 1), member("c", 1).Deleting()},
			want: plan{Replicas: 2, Ready: 1, Delete: []string{"b", "a"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var members []*sandboxv1.Sandbox
			for _, m := range tc.members {
				members = append(members, m.Obj())
			}
			given := append([]*sandboxv1.Sandbox(nil), members...)
			p := rules.PlanPool(builder.MakePool("p").Replicas(tc.replicas).Obj(), nil, members)
			got := plan{Create: p.Create, Replicas: p.Replicas, Ready: p.Ready}
			for _, sandbox := range p.Delete {
				got.Delete = append(got.Delete, sandbox.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(given, members, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the list of members was changed:\n%s", diff)
			}
		})
	}
}

func TestPoolDefaults(t *testing.T) {
	bare := &extensionsv1.SandboxWarmPool{}
	if got := rules.Replicas(bare); got != 1 {
		t.Errorf("Replicas: %d, want 1", got)
	}
	empty := builder.MakePool("p").UpdateStrategy("").Obj()
	if a, b := rules.UpdateStrategy(bare), rules.UpdateStrategy(empty); a != extensionsv1.UpdateStrategyOnReplenish || b != a {
		t.Errorf("UpdateStrategy: %q and %q, want OnReplenish", a, b)
	}
	if got := rules.UpdateStrategy(builder.MakePool("p").UpdateStrategy(extensionsv1.UpdateStrategyRecreate).Obj()); got != extensionsv1.UpdateStrategyRecreate {
		t.Errorf("UpdateStrategy: %q, want Recreate", got)
	}
}

func TestPoolStatus(t *testing.T) {
	now := builder.Epoch.Add(time.Hour)
	base := builder.MakePool("test-pool").Template("t").Replicas(3).Generation(7)
	status := func(replicas, ready int32, condition metav1.Condition) extensionsv1.SandboxWarmPoolStatus {
		condition.Type, condition.ObservedGeneration = "Ready", 7
		return extensionsv1.SandboxWarmPoolStatus{
			Replicas: replicas, ReadyReplicas: ready, Selector: "agents.x-k8s.io/warm-pool-sandbox=59733166", ObservedGeneration: 7,
			Conditions: []metav1.Condition{condition},
		}
	}
	for name, tc := range map[string]struct {
		before   metav1.ConditionStatus
		plan     rules.PoolPlan
		template bool
		want     extensionsv1.SandboxWarmPoolStatus
	}{
		"a new pool": {
			plan: rules.PoolPlan{Create: 3}, template: true,
			want: status(0, 0, metav1.Condition{Status: "False", Reason: "PoolNotReady", Message: "0 of 3 Sandboxes are Ready", LastTransitionTime: metav1.NewTime(now)}),
		},
		"a pool that fills": {
			before: "False", plan: rules.PoolPlan{Replicas: 3, Ready: 2}, template: true,
			want: status(3, 2, metav1.Condition{Status: "False", Reason: "PoolNotReady", Message: "2 of 3 Sandboxes are Ready", LastTransitionTime: metav1.NewTime(builder.Epoch)}),
		},
		"a pool that is full": {
			before: "False", plan: rules.PoolPlan{Replicas: 3, Ready: 3}, template: true,
			want: status(3, 3, metav1.Condition{Status: "True", Reason: "PoolReady", Message: "3 of 3 Sandboxes are Ready", LastTransitionTime: metav1.NewTime(now)}),
		},
		"a pool that stays full": {
			before: "True", plan: rules.PoolPlan{Replicas: 4, Ready: 4}, template: true,
			want: status(4, 4, metav1.Condition{Status: "True", Reason: "PoolReady", Message: "4 of 3 Sandboxes are Ready", LastTransitionTime: metav1.NewTime(builder.Epoch)}),
		},
		"a pool without its template, full or not": {
			before: "True", plan: rules.PoolPlan{Replicas: 3, Ready: 3},
			want: status(3, 3, metav1.Condition{Status: "False", Reason: "TemplateNotFound", Message: `SandboxTemplate "t" not found`, LastTransitionTime: metav1.NewTime(now)}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			pool := base.Obj()
			if tc.before != "" {
				pool = base.Condition("Ready", tc.before, "Before").Obj()
			}
			got := rules.PoolStatus(pool, tc.plan, tc.template, now)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if !rules.PoolStatusMoved(pool, got) {
				t.Error("the status is not written")
			}
			pool.Status = got
			if rules.PoolStatusMoved(pool, rules.PoolStatus(pool, tc.plan, tc.template, now.Add(time.Hour))) {
				t.Error("a second pass would write again")
			}
		})
	}
}

func TestCheckPoolNames(t *testing.T) {
	for name, tc := range map[string]struct {
		pool     string
		template *builder.TemplateWrapper
		pass     bool
	}{
		"no Service":                              {"a.b", builder.MakeTemplate("t"), true},
		"a Service that is not wanted":            {"a.b", builder.MakeTemplate("t").Service(false), true},
		"a Service and a DNS label":               {"a-b", builder.MakeTemplate("t").Service(true), true},
		"a Service and a digit in front":          {"1a", builder.MakeTemplate("t").Service(true), true},
		"a Service and a long name, which is cut": {strings.Repeat("a", 253), builder.MakeTemplate("t").Service(true), true},
		"a Service and a dot":                     {"a.b", builder.MakeTemplate("t").Service(true), false},
		"a Service and a dot that is cut off":     {strings.Repeat("a", 60) + ".b", builder.MakeTemplate("t").Service(true), true},
	} {
		t.Run(name, func(t *testing.T) {
			errs := rules.CheckPoolNames(builder.MakePool(tc.pool).Obj(), tc.template.Obj())
			if tc.pass {
				wantRefusals(t, errs)
			} else {
				wantRefusals(t, errs, "FieldValueInvalid metadata.name")
			}
		})
	}
}

func TestPlanPoolStaleness(t *testing.T) {
	template := builder.MakeTemplate("t").Obj()
	other := builder.MakeTemplate("u").Obj()
	for name, tc := range map[string]struct {
		strategy extensionsv1.UpdateStrategyType
		template *extensionsv1.SandboxTemplate
		member   func(*builder.SandboxWrapper) *builder.SandboxWrapper
		stale    bool
	}{
		"current, under Recreate": {extensionsv1.UpdateStrategyRecreate, template, func(w *builder.SandboxWrapper) *builder.SandboxWrapper {
			return w.Label(sandboxv1.LabelTemplateHash, rules.BlueprintHash(template))
		}, false},
		"of an earlier template, under Recreate": {extensionsv1.UpdateStrategyRecreate, template, func(w *builder.SandboxWrapper) *builder.SandboxWrapper {
			return w.Label(sandboxv1.LabelTemplateHash, "00000000")
		}, true},
		"of another template, under Recreate": {extensionsv1.UpdateStrategyRecreate, other, func(w *builder.SandboxWrapper) *builder.SandboxWrapper {
			return w.Label(sandboxv1.LabelTemplateHash, rules.BlueprintHash(other))
		}, true},
		"of an earlier template, under OnReplenish": {extensionsv1.UpdateStrategyOnReplenish, template, func(w *builder.SandboxWrapper) *builder.SandboxWrapper {
			return w.Label(sandboxv1.LabelTemplateHash, "00000000")
		}, false},
		"while the template does not exist": {extensionsv1.UpdateStrategyRecreate, nil, func(w *builder.SandboxWrapper) *builder.SandboxWrapper {
			return w.Label(sandboxv1.LabelTemplateHash, "00000000")
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			pool := builder.MakePool("p").Template("t").Replicas(1).Obj()
			pool.Spec.UpdateStrategy = &extensionsv1.SandboxWarmPoolUpdateStrategy{Type: tc.strategy}
			member := tc.member(builder.MakeSandbox("a").Pool(pool).Ready()).Obj()

			plan := rules.PlanPool(pool, tc.template, []*sandboxv1.Sandbox{member})

			if stale := len(plan.Delete) == 1; stale != tc.stale || plan.Create != 0 {
				t.Errorf("deletes %d, creates %d; stale: want %t", len(plan.Delete), plan.Create, tc.stale)
			}
			if tc.stale == (plan.Ready == 1) {
				t.Errorf("%d Ready", plan.Ready)
			}
		})
	}
}
