package audit_test

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// healthy returns a namespace with n Sandboxes, half of them claimed, and their Pods.
func healthy(n int) *audit.Snapshot {
	w := newWorld()
	for i := range n {
		name := fmt.Sprintf("warm-%05d", i)
		sandbox := builder.MakeSandbox(name).Pool(w.pool)
		if i%2 == 0 {
			claim := builder.MakeClaim("claim-" + name).Pool("warm").BoundTo(name).StatusSandbox(name).Obj()
			claim.Status.Sandbox.UID = builder.UID("sandbox", name)
			w.more = append(w.more, claim)
			sandbox.ClaimedBy(claim)
		}
		w.more = append(w.more, sandbox.Obj(), builder.MakePod(name).ControlledBy(sandbox.Obj()).Obj())
	}
	return w.snapshot()
}

func BenchmarkRun(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		snapshot := healthy(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if found := audit.Run(snapshot); len(found) > 0 {
					b.Fatal(found)
				}
			}
		})
	}
}

// However much of one thing there is, a finding involves only some of it, and its message fits into an event.
func TestMasses(t *testing.T) {
	w := newWorld()
	for i := range 1000 {
		w.more = append(w.more, builder.MakePod(fmt.Sprintf("twin-%d", i)).ControlledBy(w.bare).Obj(),
			builder.MakeSandbox(fmt.Sprintf("cold-%d", i)).ClaimedBy(w.claim).Obj())
		claim := builder.MakeClaim(fmt.Sprintf("thief-%d", i)).Pool("warm").Obj()
		record(claim, "held", w.held.UID)
		w.more = append(w.more, metav1.Object(claim))
	}
	for _, finding := range audit.Run(w.snapshot()) {
		if len(finding.Involved) > 10 || len(finding.Message)+len(finding.Remedy) > 1000 {
			t.Fatalf("%s involves %d objects, in %d bytes: %.200s", finding.Check, len(finding.Involved), len(finding.Message), finding.Message)
		}
	}
}
