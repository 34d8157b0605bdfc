package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A pool of a slow image gets more time than the manager gives, and the same members stay when that is set. With less time than
// that the one that is not Ready is replaced, and the other stays.
func TestAPoolsOwnGracePeriod(t *testing.T) {
	s := newPoolStory(t, 2, recreate)
	s.step(t)
	members := s.members(t)
	s.now = s.now.Add(time.Minute) // By the API server's clock the members may be a second younger than the pool.
	s.ready(t, members[0])
	s.startsNow(t)
	s.turn(t, func(spec *extensionsv1.SandboxWarmPoolSpec) { spec.ReadinessGracePeriodSeconds = new(int32(900)) })
	s.now = s.now.Add(6 * time.Minute)
	if got := s.step(t); got != (reconcile.Result{RequeueAfter: 9 * time.Minute}) {
		t.Errorf("after six minutes of fifteen: %v", got)
	}
	if diff := cmp.Diff(names(members), names(s.members(t))); diff != "" {
		t.Errorf("members after six minutes (-want +got):\n%s", diff)
	}
	s.turn(t, func(spec *extensionsv1.SandboxWarmPoolSpec) { spec.ReadinessGracePeriodSeconds = new(int32(30)) })
	s.step(t)
	if got := names(s.members(t)); !cmp.Equal(got, []string{members[0].Name}) {
		t.Errorf("members: %v, want %s alone", got, members[0].Name)
	}
	expectEvents(t, s.Namespace, "Warning WarmPoolNotProgressing 1 of 2 Sandboxes have not been Ready for longer than the grace period of 30s: "+
		"1 are replaced, 0 wait for a node")
}

// The API server takes no grace period in which no Pod could start.
func TestAGracePeriodThatIsTooShort(t *testing.T) {
	n := suite.New(t)
	for seconds, valid := range map[int32]bool{30: true, 29: false, 0: false, -30: false} {
		pool := builder.MakePool("p").ReadinessGracePeriodSeconds(seconds).Obj()
		pool.Namespace = n.Name
		err := n.Editor.Create(t.Context(), pool)
		if (err == nil) != valid || (!valid && !apierrors.IsInvalid(err)) {
			t.Errorf("%d seconds: %v", seconds, err)
		}
	}
}
