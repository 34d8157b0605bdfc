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
	unhashed := rules.CandidateGroup{Pool: pool.UID, Template: "t", Blueprint: rules.BlueprintKey{MountsToken: true}}
	revision := rules.CandidateGroup{Pool: pool.UID, Template: "t", Blueprint: rules.BlueprintKey{Hash: "12345678", MountsToken: true}}
	safe := rules.CandidateGroup{Pool: pool.UID, Template: "t", Blueprint: rules.BlueprintKey{DNSPolicy: corev1.DNSNone, Nameservers: "8.8.8.8,1.1.1.1"}}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		want    rules.CandidateGroup
		is      bool
	}{
		"a Ready member":                          {member().Ready().Label(sandboxv1.LabelTemplateHash, "12345678"), revision, true},
		"one of an unknown template":              {member().Ready().WithoutAnnotation(sandboxv1.AnnotationTemplateRef), rules.CandidateGroup{Pool: pool.UID, Blueprint: unhashed.Blueprint}, true},
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
			got, is := rules.CandidateGroupOf(tc.sandbox.Obj())
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
		want  []rules.Preference
	}{
		"no pool":                   {claim: byPool},
		"a pool, its current first": {claim: byPool, pools: []*builder.PoolWrapper{a}, want: []rules.Preference{{Pool: uidA, Template: "t", Current: true}, {Pool: uidA}}},
		"a template, its pools by name, older ones after all current ones": {
			claim: byTemplate, pools: []*builder.PoolWrapper{b, a},
			want: []rules.Preference{
				{Pool: uidA, Template: "t", Current: true}, {Pool: uidB, Template: "t", Current: true},
				{Pool: uidA, Template: "t"}, {Pool: uidB, Template: "t"},
			},
		},
		"a pool that keeps nothing old": {
			claim: byPool, pools: []*builder.PoolWrapper{builder.MakePool("a").Template("t").UpdateStrategy(extensionsv1.UpdateStrategyRecreate)},
			want: []rules.Preference{{Pool: uidA, Template: "t", Current: true}},
		},
		"a pool whose template is not there hands out what it has": {
			claim: byPool, pools: []*builder.PoolWrapper{builder.MakePool("a").Template("gone")}, want: []rules.Preference{{Pool: uidA}},
		},
		"even one that keeps nothing old: nothing says what is old": {
			claim: byPool, pools: []*builder.PoolWrapper{builder.MakePool("a").Template("gone").UpdateStrategy(extensionsv1.UpdateStrategyRecreate)},
			want: []rules.Preference{{Pool: uidA}},
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
			if diff := cmp.Diff(tc.want, rules.Preferences(tc.claim.Obj(), pools, exists)); diff != "" {
				t.Errorf("wants (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWantAccepts(t *testing.T) {
	r := rules.CandidateGroup{Pool: "p", Template: "t", Blueprint: rules.BlueprintKey{Hash: "h"}}
	for name, tc := range map[string]struct {
		want    rules.Preference
		current bool
		is      bool
	}{
		"a current one, just that":      {rules.Preference{Pool: "p", Template: "t", Current: true}, true, true},
		"an older one":                  {rules.Preference{Pool: "p", Template: "t", Current: true}, false, false},
		"an older one, for want of any": {rules.Preference{Pool: "p", Template: "t"}, false, true},
		"a current one, all the same":   {rules.Preference{Pool: "p", Template: "t"}, true, true},
		"any of that pool":              {rules.Preference{Pool: "p"}, false, true},
		"another template":              {rules.Preference{Pool: "p", Template: "u"}, true, false},
		"another pool":                  {rules.Preference{Pool: "q"}, true, false},
		"another pool of that template": {rules.Preference{Pool: "q", Template: "t", Current: true}, true, false},
	} {
		if got := tc.want.Matches(r, tc.current); got != tc.is {
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
			if got := rules.SelectsPool(tc.claim.Obj(), pool); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
