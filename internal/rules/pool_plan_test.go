package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var settings = rules.PoolSettings{
	ReadinessGrace: 5 * time.Minute, UnschedulableRecheck: time.Minute, Refill: rules.RefillLimits{Batch: 128},
}

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
			replicas: 1, members: []*builder.SandboxWrapper{member("new", 9).Ready(), member("old", 2), member("older", 1)},
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
			p := rules.PlanPool(builder.MakePool("p").Replicas(tc.replicas).Obj(), rules.NewTemplateSnapshot(builder.MakeTemplate(builder.DefaultTemplate).Obj()), members, nil, settings, builder.Epoch.Add(4*time.Minute))
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
