package rules_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestExpired(t *testing.T) {
	never := builder.MakeSandbox("a").Obj()
	at := builder.MakeSandbox("a").ShutdownTime(later).Obj()
	if rules.Expired(never, later) || rules.ExpiresIn(never, later) != 0 {
		t.Error("a Sandbox without a shutdownTime expires")
	}
	for name, tc := range map[string]struct {
		now     time.Time
		expired bool
		left    time.Duration
	}{
		"long before":    {later.Add(-time.Hour), false, time.Hour},
		"a moment early": {later.Add(-time.Nanosecond), false, time.Millisecond},
		"on time":        {later, true, time.Millisecond},
		"long after":     {later.Add(time.Hour), true, time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.Expired(at, tc.now); got != tc.expired {
				t.Errorf("expired: %t", got)
			}
			if got := rules.ExpiresIn(at, tc.now); got != tc.left {
				t.Errorf("expires in %s, want %s", got, tc.left)
			}
		})
	}
}

// A Sandbox that has been ended stays so, whoever's clock is behind, until its spec changes.
func TestAnEndedSandboxStaysEnded(t *testing.T) {
	sandbox := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").Generation(3).ShutdownTime(later) }
	said := func(reason string) *builder.SandboxWrapper {
		return sandbox().Condition("Ready", metav1.ConditionFalse, reason)
	}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		want    bool
	}{
		"its time has not come":            {sandbox(), false},
		"it has been ended":                {said(sandboxv1.ReasonSandboxExpired), true},
		"it has been ended, and then more": {said(sandboxv1.ReasonSandboxExpired).Generation(4), false},
		"it says something else":           {said(sandboxv1.ReasonSandboxSuspended), false},
	} {
		if got := rules.Expired(tc.sandbox.Obj(), later.Add(-time.Hour)); got != tc.want {
			t.Errorf("%s: expired: %t", name, got)
		}
	}
}
