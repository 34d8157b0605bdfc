package rules_test

import (
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestIsOnItsWay(t *testing.T) {
	bound := func() *builder.ClaimWrapper { return builder.MakeClaim("c").Pool("p").BoundTo("p-a") }
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		want  bool
	}{
		"bound to a warm Sandbox": {bound(), true},
		"not bound":               {builder.MakeClaim("c").Pool("p"), false},
		"bound to a Sandbox of its own, which is yet to start": {builder.MakeClaim("c").Pool("p").BoundTo("c"), false},
		"Ready":         {bound().Condition("Ready", "True", "R"), false},
		"refused":       {bound().Condition("Ready", "False", "R"), false},
		"being deleted": {bound().Deleting(), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.IsOnItsWay(tc.claim.Obj()); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestSandboxYield(t *testing.T) {
	pool, claim := builder.MakePool("p").Obj(), builder.MakeClaim("c").Pool("p").Obj()
	member := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").Pool(pool) }
	claimed := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").ClaimedBy(claim) }
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		want    time.Duration
	}{
		"a member of a pool":                    {member(), rules.RefillYield},
		"a member that is Ready":                {member().Ready(), rules.RefillYield},
		"a member that is being deleted":        {member().Deleting(), 0},
		"a claimed one that is Ready":           {claimed().Ready(), rules.LabelsYield},
		"a claimed one that is yet to start":    {claimed(), 0},
		"a claimed one that is to be suspended": {claimed().Ready().OperatingMode(sandboxv1.OperatingModeSuspended), 0},
		"a claimed one that has expired":        {claimed().Ready().ShutdownTime(builder.Epoch), 0},
		"one that nobody controls":              {builder.MakeSandbox("a").Ready(), 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.SandboxYield(tc.sandbox.Obj(), builder.Epoch); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestPoolYield(t *testing.T) {
	settled := builder.MakePool("p").Generation(2).Obj()
	settled.Status.ObservedGeneration = 2
	changed := builder.MakePool("p").Generation(3).Obj()
	changed.Status.ObservedGeneration = 2
	if got := rules.PoolYield(settled); got != rules.RefillYield {
		t.Errorf("a pool at rest: %s", got)
	}
	if got := rules.PoolYield(changed); got != 0 {
		t.Errorf("a pool whose spec has changed: %s", got)
	}
}

// A status that says no more than that a new Sandbox is on its way is left out for a while.
func TestSandboxStatusDelay(t *testing.T) {
	const quiet = 2 * time.Second
	starting, running := builder.MakePod("a").UID("a-uid").Obj(), builder.MakePod("a").Ready().Obj()
	for name, tc := range map[string]struct {
		sandbox  *builder.SandboxWrapper
		observed rules.Observed
		after    time.Duration
		want     time.Duration
	}{
		"its Pod does not exist yet": {observed: rules.Observed{}, want: quiet},
		"its Pod is on its way":      {observed: rules.Observed{Pods: []*corev1.Pod{starting}}, after: quiet / 2, want: quiet / 2},
		"its Pod takes long":         {observed: rules.Observed{Pods: []*corev1.Pod{starting}}, after: quiet},
		"the clock is behind":        {observed: rules.Observed{Pods: []*corev1.Pod{starting}}, after: -time.Hour, want: quiet},
		"it is Ready":                {observed: rules.Observed{Pods: []*corev1.Pod{running}}},
		"its Pod is refused":         {observed: rules.Observed{Err: errors.New("quota"), PodUnknown: true}},
		"its Pod cannot be read":     {observed: rules.Observed{PodUnknown: true}},
		"it has a status already":    {sandbox: builder.MakeSandbox("a").Condition("Ready", "False", "R"), observed: rules.Observed{Pods: []*corev1.Pod{starting}}},
		"it is to be suspended":      {sandbox: builder.MakeSandbox("a").OperatingMode(sandboxv1.OperatingModeSuspended), observed: rules.Observed{}},
		"it is being deleted":        {sandbox: builder.MakeSandbox("a").Deleting(), observed: rules.Observed{}},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := builder.MakeSandbox("a").Obj()
			if tc.sandbox != nil {
				sandbox = tc.sandbox.Obj()
			}
			now := sandbox.CreationTimestamp.Add(tc.after)
			if got := rules.SandboxStatusDelay(sandbox, rules.SandboxStatus(sandbox, tc.observed, now), quiet, now); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestClaimStatusDelay(t *testing.T) {
	const quiet = 2 * time.Second
	claim, ready := builder.MakeClaim("c").Pool("p").Obj(), builder.MakeSandbox("c").Ready().Obj()
	fresh := builder.MakeSandbox("c").Obj()
	for name, tc := range map[string]struct {
		claim   *builder.ClaimWrapper
		sandbox *sandboxv1.Sandbox
		problem *rules.ConditionError
		after   time.Duration
		want    time.Duration
	}{
		"its Sandbox has said nothing yet": {sandbox: fresh, want: quiet},
		"nor after a while":                {sandbox: fresh, after: quiet},
		"its Sandbox is Ready":             {sandbox: ready},
		"it has none":                      {},
		"there is a problem":               {sandbox: fresh, problem: rules.SandboxMissingError()},
		"it has a status":                  {claim: builder.MakeClaim("c").Condition("Ready", "False", "R"), sandbox: fresh},
	} {
		t.Run(name, func(t *testing.T) {
			claim := claim
			if tc.claim != nil {
				claim = tc.claim.Obj()
			}
			if got := rules.ClaimStatusDelay(claim, tc.sandbox, tc.problem, quiet, claim.CreationTimestamp.Add(tc.after)); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
