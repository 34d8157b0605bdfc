package rules_test

import (
	"fmt"
	"testing"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// A plan for a large pool must only look at each member, and must not encode or compare its spec. That holds if nothing
// is outdated, and also if everything is.
func BenchmarkPlanPool(b *testing.B) {
	now, before := builder.MakeTemplate("t").Image("new").Obj(), builder.MakeTemplate("t").Image("old").Obj()
	for name, made := range map[string]*extensionsv1.SandboxTemplate{"current": now, "outdated": before} {
		for _, size := range []int{100, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				pool := builder.MakePool("p").Template("t").Replicas(int32(size)).UpdateStrategy(extensionsv1.UpdateStrategyRecreate).Obj()
				edition := rules.NewTemplateSnapshot(made)
				members := make([]*sandboxv1.Sandbox, size)
				for i := range members {
					members[i] = readyMember(rules.NewPoolSandbox(pool, edition, fmt.Sprintf("%05d", i)))
				}
				for b.Loop() {
					rules.PlanPool(pool, rules.NewTemplateSnapshot(now), members, nil, settings, builder.Epoch)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size), "ns/member")
			})
		}
	}
}
