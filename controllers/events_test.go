package controllers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/events"
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
			recorder := truncatingRecorder{fake}
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
