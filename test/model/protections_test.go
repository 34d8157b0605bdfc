package model

import (
	"fmt"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/test/model/claims"
)

// Each protection is needed: without it, some schedule breaks an invariant. The shortest is printed.
func TestProtectionsOfClaims(t *testing.T) {
	t.Parallel()
	for _, p := range claims.Protections() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			found := p.Search(600_000)
			if found.Broken == "" {
				t.Fatalf("no schedule of %d states breaks an invariant without it", found.States)
			}
			without := p.Without
			if p.With != "" {
				without += fmt.Sprintf(" (and %s is off, too)", p.With)
			}
			t.Logf("%s (%s)\n  without it, %s: %s after %d steps:\n%s", p.Name, p.Where, without, found.Broken, len(found.Schedule), indent(found.Schedule))
			if whole := strings.Join(found.Schedule, ""); whole == "" {
				t.Error("the schedule is empty")
			}
		})
	}
}
