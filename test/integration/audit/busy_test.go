package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/controllers/auditor"
	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/violations"
)

// busy lets time pass while claims come all the time.
func (r *running) busy(t *testing.T, seconds int) {
	t.Helper()
	for range seconds {
		r.traffic.Pick(types.NamespacedName{Namespace: "other", Name: r.clock.Now().String()})
		r.steps(t, 10, 100*time.Millisecond)
	}
}

// isTold reports whether there is an event of a violation.
func (r *running) isTold(violation *violations.Violation) bool {
	return r.events.count(auditor.ReasonWarning+" "+violation.Object)+r.events.count(auditor.ReasonViolation+" "+violation.Object) > 0
}

// byPiece reads pages of one object each.
type byPiece struct{ client.Reader }

// List implements client.Reader.
func (r byPiece) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if (&client.ListOptions{}).ApplyOptions(options).Limit > 0 {
		options = append(options, client.Limit(1))
	}
	return r.Reader.List(ctx, list, options...)
}

// Claims that come all the time delay a look by no more than it may wait, however many pages it reads: what is outside the cache is told
// within a minute, and so is all else, at a look at the cache and at one that lists everything.
func TestAuditorTellsUnderTraffic(t *testing.T) {
	t.Parallel()
	for _, violation := range violations.All() {
		if audit.Lasts(violation.Check) > time.Minute {
			continue
		}
		for look, before := range map[string]time.Duration{"cache": 0, "list": 569 * time.Second} {
			t.Run(violation.Name+" "+look, func(t *testing.T) {
				t.Parallel()
				namespace := namesake.namespace(t.Context(), t)
				for i := range 20 {
					pod := builder.MakePod(fmt.Sprintf("foreign-%d", i)).Namespace(namespace).UID("").Obj()
					if err := namesake.admin.Create(t.Context(), pod); err != nil {
						t.Fatal(err)
					}
				}
				r := run(t, byPiece{namesake.admin}, namespace)
				r.steps(t, int(before/(10*time.Second)), 10*time.Second)
				r.steps(t, int(before%(10*time.Second)/time.Second), time.Second)
				r.busy(t, 6) // It has just looked, after claims that went first.
				if err := violation.Write(t.Context(), namesake.admin, namespace); err != nil {
					t.Fatal(err)
				}
				r.busy(t, 60)
				if sum, _ := r.gathered(t, "namesake_audit_last_timestamp_seconds"); sum == 0 {
					t.Error("no look was complete")
				}
				if !r.isTold(&violation) {
					t.Errorf("after a minute, events are %q", r.events.list)
				}
			})
		}
	}
}

// noForeign cannot list the metadata of Pods.
type noForeign struct{ client.Reader }

// List implements client.Reader.
func (r noForeign) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if _, pods := list.(*metav1.PartialObjectMetadataList); pods {
		return errors.New("no Pods today")
	}
	return r.Reader.List(ctx, list, options...)
}

// Where the Pods outside the cache cannot be listed, what the cache shows is told all the same, and no look was complete.
func TestAuditorTellsWhatItSees(t *testing.T) {
	t.Parallel()
	all := violations.All()
	violation := all[slices.IndexFunc(all, func(v violations.Violation) bool { return v.Name == "two-sandboxes" })]
	namespace := namesake.namespace(t.Context(), t)
	r := run(t, noForeign{namesake.admin}, namespace)
	r.pass(t, 31)
	if err := violation.Write(t.Context(), namesake.admin, namespace); err != nil {
		t.Fatal(err)
	}
	r.pass(t, 60)
	if !r.isTold(&violation) {
		t.Errorf("after a minute, events are %q", r.events.list)
	}
	if sum, _ := r.gathered(t, "namesake_audit_last_timestamp_seconds"); sum != 0 {
		t.Error("a look was complete without the Pods outside the cache")
	}
}
