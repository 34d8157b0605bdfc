package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

const notProgressing = "1 of 2 Sandboxes have not been Ready for longer than the grace period of 5m0s: "

// One of two members becomes Ready. The other is replaced after five minutes, and so is its successor. The next one becomes
// Ready.
func TestAStuckMemberIsReplaced(t *testing.T) {
	s := newPoolStory(t, 2, onReplenish)
	s.step(t)
	first := s.members(t)
	s.ready(t, first[0])
	s.now = first[1].CreationTimestamp.Add(4 * time.Minute)
	if got := s.step(t); got != (reconcile.Result{RequeueAfter: time.Minute}) {
		t.Errorf("a minute before the time is up: %v", got)
	}
	since := s.at(0)
	s.expect(t, 2, 1, 1,
		condition("Progressing", metav1.ConditionTrue, "PoolFilling", "1 of 2 Sandboxes are not Ready yet", since),
		condition("Ready", metav1.ConditionFalse, "PoolNotReady", "1 of 2 Sandboxes are Ready", since))

	s.now = s.now.Add(time.Minute)
	stopped := metav1.NewTime(s.now)
	s.step(t)
	if got := names(s.members(t)); !cmp.Equal(got, []string{first[0].Name}) {
		t.Errorf("members: %v, want %s alone", got, first[0].Name)
	}
	stuck := condition("Progressing", metav1.ConditionFalse, "SandboxesNotReady", notProgressing+"1 are replaced, 0 wait for a node", stopped)
	s.expect(t, 2, 1, 1, stuck, condition("Ready", metav1.ConditionFalse, "PoolNotReady", "1 of 2 Sandboxes are Ready", since))
	expectEvents(t, s.Namespace, "Warning WarmPoolNotProgressing "+stuck.Message)

	s.step(t)
	s.startsNow(t)
	s.step(t)
	if got := s.members(t); len(got) != 2 {
		t.Fatalf("%d members, want 2", len(got))
	}
	s.expect(t, 2, 1, 1, stuck, condition("Ready", metav1.ConditionFalse, "PoolNotReady", "1 of 2 Sandboxes are Ready", since))
	s.now = s.now.Add(10 * time.Minute)
	s.step(t)
	s.step(t)
	s.startsNow(t)
	s.step(t)
	expectEvents(t, s.Namespace)

	s.ready(t, s.members(t)...)
	s.step(t)
	s.expect(t, 2, 2, 1,
		condition("Progressing", metav1.ConditionTrue, "PoolComplete", "All 2 Sandboxes are Ready", metav1.NewTime(s.now)),
		condition("Ready", metav1.ConditionTrue, "PoolReady", "2 of 2 Sandboxes are Ready", metav1.NewTime(s.now)))
	expectEvents(t, s.Namespace, "Normal WarmPoolProgressing Warm pool is progressing again")
	quiet := suite.Writes(t)
	s.step(t)
	quiet.Expect(t, suite.Writes, suite.Counts{})
}

// A stuck member is replaced. Its successor becomes Ready and is claimed before a reconcile sees it. That is progress, too.
func TestAPoolOfWhichEachIsClaimedAtOnce(t *testing.T) {
	s := newPoolStory(t, 1, onReplenish)
	s.step(t)
	s.now = s.now.Add(10 * time.Minute)
	s.step(t) // This deletes it,
	s.step(t) // and this creates another.
	const message = "1 of 1 Sandboxes have not been Ready for longer than the grace period of 5m0s: 1 are replaced, 0 wait for a node"
	expectEvents(t, s.Namespace, "Warning WarmPoolNotProgressing "+message)

	s.now = s.now.Add(time.Minute)
	member := s.members(t)[0]
	s.ready(t, member)
	s.AwaitOffer(t, s.pool, true)
	claim := suite.Create(t, s.Namespace, s.Editor, builder.MakeClaim("mine").Pool("test-pool").Obj())
	s.Step(t, claim)
	if got := suite.Get[sandboxv1.Sandbox](t, s.Namespace, member.Name); !rules.ControlledBy(got, claim) {
		t.Fatalf("%s belongs to %v", got.Name, got.OwnerReferences)
	}
	s.step(t)
	s.startsNow(t)
	s.r.MemberLeft(s.pool.UID, s.now) // The update that shows the adoption does this.
	s.step(t)
	s.expect(t, 1, 0, 1,
		condition("Progressing", metav1.ConditionTrue, "PoolFilling", "1 of 1 Sandboxes are not Ready yet", metav1.NewTime(s.now)),
		condition("Ready", metav1.ConditionFalse, "PoolNotReady", "0 of 1 Sandboxes are Ready", s.at(0)))
	expectEvents(t, s.Namespace,
		`Normal SandboxAdopted Adopted warm pool Sandbox "`+member.Name+`"`, "Normal WarmPoolProgressing Warm pool is progressing again")
}

// A member that was Ready for long and fails gets as much time as a new one.
func TestAMemberThatFallsOverGetsItsTime(t *testing.T) {
	s := newPoolStory(t, 1, onReplenish)
	s.step(t)
	members := s.members(t)
	s.ready(t, members...)
	s.now = s.now.Add(time.Hour)
	s.notReady(t, members[0], metav1.ConditionTrue)
	if got := s.step(t); got != (reconcile.Result{RequeueAfter: 5 * time.Minute}) {
		t.Errorf("%v", got)
	}
	s.now = s.now.Add(5 * time.Minute)
	s.step(t)
	if got := s.members(t); len(got) > 0 {
		t.Errorf("still there: %v", names(got))
	}
}

// A member that no node takes is kept. Its time starts when a node takes it.
func TestAMemberThatNoNodeTakes(t *testing.T) {
	s := newPoolStory(t, 2, onReplenish)
	s.step(t)
	members := s.members(t)
	s.ready(t, members[0])
	s.notReady(t, members[1], metav1.ConditionFalse)
	s.now = s.now.Add(time.Hour)
	for range 2 {
		if got := s.step(t); got != (reconcile.Result{RequeueAfter: time.Minute}) {
			t.Errorf("%v", got)
		}
	}
	if diff := cmp.Diff(names(members), names(s.members(t))); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	s.expect(t, 2, 1, 1,
		condition("Progressing", metav1.ConditionFalse, "SandboxesUnschedulable", notProgressing+"0 are replaced, 1 wait for a node", s.at(time.Hour)),
		condition("Ready", metav1.ConditionFalse, "PoolNotReady", "1 of 2 Sandboxes are Ready", s.at(0)))

	s.notReady(t, members[1], metav1.ConditionTrue)
	if got := s.step(t); got != (reconcile.Result{RequeueAfter: 5 * time.Minute}) {
		t.Errorf("it got a node: %v", got)
	}
	expectEvents(t, s.Namespace, "Warning WarmPoolNotProgressing "+notProgressing+"0 are replaced, 1 wait for a node",
		"Normal WarmPoolProgressing Warm pool is progressing again")
}

// The garbage collector handles a terminating pool and its members. The reconciler does nothing about them.
func TestAPoolThatIsBeingDeleted(t *testing.T) {
	s := newPoolStory(t, 2, onReplenish)
	s.step(t)
	change(t, s.Namespace, "test-pool", func(pool *extensionsv1.SandboxWarmPool) { pool.Finalizers = []string{"example.com/backup"} })
	s.Delete(t, s.Editor, s.pool)
	s.Delete(t, s.Editor, s.members(t)[0])
	s.now = s.now.Add(time.Hour) // The other member is stuck, and one is missing.
	before := suite.Writes(t)
	if got := s.step(t); got != (reconcile.Result{}) {
		t.Errorf("looks again: %v", got)
	}
	before.Expect(t, suite.Writes, suite.Counts{})
	if got := s.members(t); len(got) != 1 {
		t.Errorf("members: %v, want 1", names(got))
	}
	change(t, s.Namespace, "test-pool", func(pool *extensionsv1.SandboxWarmPool) { pool.Finalizers = nil })
}

// Without its template a pool deletes surplus members, and nothing else, since it could not replace anything.
func TestAPoolWithoutItsTemplate(t *testing.T) {
	s := newPoolStory(t, 2, recreate)
	s.step(t)
	members := s.members(t)
	s.ready(t, members[0])
	s.Delete(t, s.Editor, s.template)
	s.now = s.now.Add(time.Hour)
	s.step(t)
	s.step(t)
	if diff := cmp.Diff(names(members), names(s.members(t))); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	missing := `SandboxTemplate "python" not found`
	s.expect(t, 2, 1, 1,
		condition("Progressing", metav1.ConditionFalse, "TemplateNotFound", missing, s.at(time.Hour)),
		condition("Ready", metav1.ConditionFalse, "TemplateNotFound", missing, s.at(0)))
	expectEvents(t, s.Namespace, "Warning WarmPoolNotProgressing "+missing)

	s.turn(t, func(spec *extensionsv1.SandboxWarmPoolSpec) { spec.Replicas = new(int32(1)) })
	s.step(t)
	s.step(t)
	if got := names(s.members(t)); !cmp.Equal(got, []string{members[0].Name}) {
		t.Errorf("members: %v, want %s alone", got, members[0].Name)
	}

	suite.Create(t, s.Namespace, s.Editor, builder.MakeTemplate("python").Obj())
	s.turn(t, func(spec *extensionsv1.SandboxWarmPoolSpec) { spec.Replicas = new(int32(3)) })
	s.step(t)
	s.startsNow(t)
	s.step(t)
	s.expect(t, 3, 1, 3,
		condition("Progressing", metav1.ConditionTrue, "PoolFilling", "2 of 3 Sandboxes are not Ready yet", s.at(time.Hour)),
		condition("Ready", metav1.ConditionFalse, "PoolNotReady", "1 of 3 Sandboxes are Ready", s.at(0)))
	expectEvents(t, s.Namespace, "Normal WarmPoolProgressing Warm pool is progressing again")
}
