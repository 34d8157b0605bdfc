package rules_test

import (
	"testing"
	"time"

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
