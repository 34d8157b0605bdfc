package controllers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	testclock "k8s.io/utils/clock/testing"

	"github.com/namesake-sandbox/namesake/internal/yield"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// TestNotesFit checks that a note that is too long for an event is cut, and that a shorter one is unchanged.
func TestNotesFit(t *testing.T) {
	long := strings.Repeat("a", noteLimit)
	for name, tc := range map[string]struct{ note, want string }{
		"short":             {"100% of pod \"a\"", "100% of pod \"a\""},
		"as long as may be": {long, long},
		"a byte too long":   {long + "b", long[:noteLimit-3] + "..."},
	} {
		t.Run(name, func(t *testing.T) {
			fake := events.NewFakeRecorder(2)
			recorder := yieldingRecorder{EventRecorder: fake}
			recorder.Eventf(nil, nil, "Warning", "Reason", "Act", "%s", tc.note)
			recorder.AnnotatedEventf(nil, nil, nil, "Warning", "Reason", "Act", "%s", tc.note)
			for range 2 {
				if diff := cmp.Diff("Warning Reason "+tc.want, <-fake.Events); diff != "" {
					t.Errorf("event (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// An event waits for the claims that are on their way, and tells of the object as it was.
func TestEventsYield(t *testing.T) {
	fake, traffic := events.NewFakeRecorder(2), yield.NewTraffic(testclock.NewFakeClock(builder.Epoch))
	recorder := yieldingRecorder{fake, clientgoscheme.Scheme, traffic}
	busy := types.NamespacedName{Name: "a"}
	traffic.Begin(busy)
	recorder.Eventf(builder.MakePod("a").Obj(), nil, "Normal", "Reason", "Act", "note")
	select {
	case got := <-fake.Events:
		t.Errorf("recorded at once: %s", got)
	default:
	}
	traffic.End(busy)
	if got := <-fake.Events; got != "Normal Reason note" {
		t.Errorf("recorded %q", got)
	}
	ref, ok := recorder.refer(builder.MakePod("a").Obj()).(*corev1.ObjectReference)
	if !ok || ref.Kind != "Pod" || ref.Name != "a" {
		t.Errorf("it refers to %v", ref)
	}
}
