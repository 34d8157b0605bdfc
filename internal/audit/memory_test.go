package audit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func finding(check, name string) audit.Finding {
	severity := audit.Warning
	if check == audit.CheckTwoPods {
		severity = audit.Violation
	}
	return audit.Finding{Check: check, Severity: severity, Object: audit.Object{Kind: "Sandbox", Namespace: "a", Name: name, UID: "uid"}}
}

func namesOf(findings []audit.Finding) []string {
	names := []string{}
	for _, f := range findings {
		names = append(names, f.Object.Name)
	}
	return names
}

// A finding is told when it was found live twice, with its time between, and then no more.
func TestMemory(t *testing.T) {
	m, now := audit.NewMemory(), builder.Epoch
	check := func(what string, got []audit.Finding, want ...string) {
		t.Helper()
		if diff := cmp.Diff(append([]string{}, want...), namesOf(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	violation, warning := finding(audit.CheckTwoPods, "violation"), finding(audit.CheckSandboxOrphan, "warning")
	m.Observe([]audit.Finding{warning, violation}, now)
	check("new, violations first", m.Due(now, 9), "violation", "warning")
	check("new, at most one", m.Due(now, 1), "violation")
	for _, f := range []audit.Finding{violation, warning} {
		if m.Confirmed(&f, true, now) {
			t.Errorf("%s is told at first sight", f.Check)
		}
	}
	check("at once", m.Due(now, 9))
	if next, waits := m.Next(); !waits || next != now.Add(5*time.Second) {
		t.Errorf("next at %v, %t", next, waits)
	}
	now = now.Add(5 * time.Second)
	check("after five seconds", m.Due(now, 9), "violation")
	if !m.Confirmed(&violation, true, now) {
		t.Error("the violation is not told")
	}
	now = now.Add(15 * time.Second)
	check("after twenty seconds", m.Due(now, 9), "warning")
	if m.Confirmed(&warning, false, now) {
		t.Error("a warning that does not hold is told")
	}
	check("told", m.Told(), "violation")
	check("nothing ended", m.Observe([]audit.Finding{violation}, now))
	check("a violation that is told already", m.Due(now, 9))
	check("ended", m.Observe(nil, now), "violation")
	check("nothing is told", m.Told())
	if _, waits := m.Next(); waits {
		t.Error("something waits")
	}
}

// What comes and goes is never told.
func TestMemoryOfWhatPasses(t *testing.T) {
	m, now := audit.NewMemory(), builder.Epoch
	for range 10 {
		f := finding(audit.CheckTwoPods, "a")
		m.Observe([]audit.Finding{f}, now)
		for _, due := range m.Due(now, 9) {
			if m.Confirmed(&due, true, now) {
				t.Fatal("told")
			}
		}
		now = now.Add(30 * time.Second)
		m.Observe(nil, now)
	}
	if f := finding(audit.CheckTwoPods, "unknown"); m.Confirmed(&f, true, now) {
		t.Error("what was not observed is told")
	}
}
