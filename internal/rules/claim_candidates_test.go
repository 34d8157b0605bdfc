package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestCandidateOf(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Obj()
	member := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").Pool(pool) }
	unhashed := rules.Revision{Pool: pool.UID, Template: "t", Content: rules.Content{MountsToken: true}}
	revision := rules.Revision{Pool: pool.UID, Template: "t", Content: rules.Content{Hash: "12345678", MountsToken: true}}
	safe := rules.Revision{Pool: pool.UID, Template: "t", Content: rules.Content{DNSPolicy: corev1.DNSNone}}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		want    rules.Revision
		is      bool
	}{
		"a Ready member":                          {member().Ready().Label(sandboxv1.LabelTemplateHash, "12345678"), revision, true},
		"one of an unknown template":              {member().Ready().WithoutAnnotation(sandboxv1.AnnotationTemplateRef), rules.Revision{Pool: pool.UID, Content: unhashed.Content}, true},
		"one with secure defaults":                {member().Ready().PodSpec(rules.Blueprint(builder.MakeTemplate("t").Obj()).PodTemplate.Spec), safe, true},
		"one that never said whether it is Ready": {sandbox: member().PodIPs("10.0.0.1")},
		"one that is not Ready":                   {sandbox: member().Ready().Condition("Ready", metav1.ConditionFalse, "Broken")},
		"one that was Ready a generation ago":     {sandbox: member().Ready().Generation(2)},
		"a Ready one without an address":          {sandbox: member().Ready().PodIPs()},
		"one that is being deleted":               {sandbox: member().Ready().Deleting()},
		"one that is suspended":                   {sandbox: member().Ready().OperatingMode(sandboxv1.OperatingModeSuspended)},
		"one that runs, and says so":              {member().Ready().OperatingMode(sandboxv1.OperatingModeRunning), unhashed, true},
		"one that will expire":                    {sandbox: member().Ready().ShutdownTime(builder.Epoch)},
		"one that is under no NetworkPolicy":      {sandbox: member().Ready().WithoutLabel(sandboxv1.LabelTemplateRefHash)},
		"an orphan":                               {sandbox: member().Ready().OwnerReferences()},
		"one of a claim":                          {sandbox: member().Ready().ClaimedBy(builder.MakeClaim("c").Obj())},
		"one that a pool only owns":               {sandbox: member().Ready().OwnerReferences(metav1.OwnerReference{APIVersion: "extensions.agents.x-k8s.io/v1beta1", Kind: "SandboxWarmPool", Name: "p", UID: pool.UID})},
	} {
		t.Run(name, func(t *testing.T) {
			got, is := rules.CandidateOf(tc.sandbox.Obj())
			if got != tc.want || is != tc.is {
				t.Errorf("got %v, %t, want %v, %t", got, is, tc.want, tc.is)
			}
		})
	}
}

func TestWants(t *testing.T) {
	exists := func(template string) bool { return template == "t" || template == "u" }
	a, b := builder.MakePool("a").Template("t"), builder.MakePool("b").Template("t")
	const uidA, uidB = "sandboxwarmpool-a-uid", "sandboxwarmpool-b-uid"
	byPool, byTemplate := builder.MakeClaim("c").Pool("a"), builder.MakeClaim("c").Template("t")
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		pools []*builder.PoolWrapper
		want  []rules.Want
	}{
		"no pool":                   {claim: byPool},
		"a pool, its current first": {claim: byPool, pools: []*builder.PoolWrapper{a}, want: []rules.Want{{Pool: uidA, Template: "t", Current: true}, {Pool: uidA}}},
		"a template, its pools by name, older ones after all current ones": {
			claim: byTemplate, pools: []*builder.PoolWrapper{b, a},
			want: []rules.Want{
				{Pool: uidA, Template: "t", Current: true}, {Pool: uidB, Template: "t", Current: true},
				{Pool: uidA, Template: "t"}, {Pool: uidB, Template: "t"},
			},
		},
		"a pool that keeps nothing old": {
			claim: byPool, pools: []*builder.PoolWrapper{builder.MakePool("a").Template("t").UpdateStrategy(extensionsv1.UpdateStrategyRecreate)},
			want: []rules.Want{{Pool: uidA, Template: "t", Current: true}},
		},
		"a pool whose template is not there hands out what it has": {
			claim: byPool, pools: []*builder.PoolWrapper{builder.MakePool("a").Template("gone")}, want: []rules.Want{{Pool: uidA}},
		},
		"even one that keeps nothing old: nothing says what is old": {
			claim: byPool, pools: []*builder.PoolWrapper{builder.MakePool("a").Template("gone").UpdateStrategy(extensionsv1.UpdateStrategyRecreate)},
			want: []rules.Want{{Pool: uidA}},
		},
		"a pool that is being deleted": {claim: byPool, pools: []*builder.PoolWrapper{builder.MakePool("a").Template("t").Deleting()}},
		"a claim with variables":       {claim: builder.MakeClaim("c").Pool("a").Env("K", "v"), pools: []*builder.PoolWrapper{a}},
		"a claim with volumes":         {claim: builder.MakeClaim("c").Pool("a").VolumeClaimTemplate("data"), pools: []*builder.PoolWrapper{a}},
	} {
		t.Run(name, func(t *testing.T) {
			var pools []*extensionsv1.SandboxWarmPool
			for _, pool := range tc.pools {
				pools = append(pools, pool.Obj())
			}
			if diff := cmp.Diff(tc.want, rules.Wants(tc.claim.Obj(), pools, exists)); diff != "" {
				t.Errorf("wants (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWantAccepts(t *testing.T) {
	r := rules.Revision{Pool: "p", Template: "t", Content: rules.Content{Hash: "h"}}
	for name, tc := range map[string]struct {
		want    rules.Want
		current bool
		is      bool
	}{
		"a current one, just that":      {rules.Want{Pool: "p", Template: "t", Current: true}, true, true},
		"an older one":                  {rules.Want{Pool: "p", Template: "t", Current: true}, false, false},
		"an older one, for want of any": {rules.Want{Pool: "p", Template: "t"}, false, true},
		"a current one, all the same":   {rules.Want{Pool: "p", Template: "t"}, true, true},
		"any of that pool":              {rules.Want{Pool: "p"}, false, true},
		"another template":              {rules.Want{Pool: "p", Template: "u"}, true, false},
		"another pool":                  {rules.Want{Pool: "q"}, true, false},
		"another pool of that template": {rules.Want{Pool: "q", Template: "t", Current: true}, true, false},
	} {
		if got := tc.want.Accepts(r, tc.current); got != tc.is {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestDrawsOn(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Obj()
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		want  bool
	}{
		"a claim that names the pool":                     {builder.MakeClaim("c").Pool("p"), true},
		"a claim that names another pool":                 {builder.MakeClaim("c").Pool("q"), false},
		"a claim that names its template":                 {builder.MakeClaim("c").Template("t"), true},
		"a claim that names another template":             {builder.MakeClaim("c").Template("u"), false},
		"a claim that names another pool of its template": {builder.MakeClaim("c").Pool("q").Template("t"), false},
		"a claim in another namespace":                    {builder.MakeClaim("c").Namespace("other").Pool("p"), false},
		"a claim that names nothing":                      {builder.MakeClaim("c"), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.DrawsOn(tc.claim.Obj(), pool); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
