package reconcile

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/sandboxwarmpool"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// poolStory is a pool "test-pool" that the test leads from state to state, with its own reconciler that keeps its state. Its
// time begins with the pool's creation as the API server has it. Members are created later than that.
type poolStory struct {
	*suite.Namespace

	pool     *extensionsv1.SandboxWarmPool
	template *extensionsv1.SandboxTemplate
	r        *sandboxwarmpool.Reconciler
	now      time.Time
}

func newPoolStory(t *testing.T, replicas int32, strategy extensionsv1.UpdateStrategyType) *poolStory {
	t.Helper()
	n := suite.New(t)
	s := &poolStory{
		Namespace: n,
		template:  n.Template(t, builder.MakeTemplate("python").Obj()),
		pool:      suite.Create(t, n, n.Editor, builder.MakePool("test-pool").Template("python").Replicas(replicas).UpdateStrategy(strategy).Obj()),
		r:         n.Pools(n.Cached),
	}
	s.now = s.pool.CreationTimestamp.Time
	s.r.Now = func() time.Time { return s.now }
	return s
}

// step reconciles the pool once, and expects no error.
func (s *poolStory) step(t *testing.T) reconcile.Result {
	t.Helper()
	result, err := s.try(t)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (s *poolStory) try(t *testing.T) (reconcile.Result, error) {
	t.Helper()
	s.Settle(t)
	return s.r.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxWarmPool](t, s.Namespace, "test-pool"))
}

// members returns the pool's members, the oldest first.
func (s *poolStory) members(t *testing.T) []*sandboxv1.Sandbox {
	t.Helper()
	list := poolMembers(t, s.Namespace, s.pool)
	members := make([]*sandboxv1.Sandbox, len(list))
	for i := range list {
		members[i] = &list[i]
	}
	slices.SortFunc(members, func(a, b *sandboxv1.Sandbox) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return members
}

// ready makes these members Ready now.
func (s *poolStory) ready(t *testing.T, members ...*sandboxv1.Sandbox) {
	t.Helper()
	for _, member := range members {
		status := builder.MakeSandbox(member.Name).Generation(member.Generation).Ready().Obj().Status
		status.Conditions[0].LastTransitionTime = metav1.NewTime(s.now)
		s.says(t, member, status)
	}
}

// notReady makes a member not Ready from now on. scheduled says whether its Pod has a node.
func (s *poolStory) notReady(t *testing.T, member *sandboxv1.Sandbox, scheduled metav1.ConditionStatus) {
	t.Helper()
	reason := map[metav1.ConditionStatus]string{metav1.ConditionTrue: "PodScheduled", metav1.ConditionFalse: "Unschedulable"}[scheduled]
	s.says(t, member, sandboxv1.SandboxStatus{Conditions: []metav1.Condition{
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod exists with phase: Pending", metav1.NewTime(s.now)),
		condition("PodScheduled", scheduled, reason, "", metav1.NewTime(s.now)),
	}})
}

// startsNow makes the members that have no conditions yet start now. By the API server's clock they were created long ago.
func (s *poolStory) startsNow(t *testing.T) {
	t.Helper()
	for _, member := range s.members(t) {
		if !rules.IsReported(member.Status.Conditions) {
			s.notReady(t, member, metav1.ConditionTrue)
		}
	}
}

func (s *poolStory) says(t *testing.T, member *sandboxv1.Sandbox, status sandboxv1.SandboxStatus) {
	t.Helper()
	base := member.DeepCopy()
	member.Status = status
	if err := s.Controller.Status().Patch(t.Context(), member, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

// edit changes the template as the editor.
func (s *poolStory) edit(t *testing.T, change func(*extensionsv1.SandboxTemplate)) {
	t.Helper()
	base := s.template.DeepCopy()
	change(s.template)
	if err := s.Editor.Patch(t.Context(), s.template, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

// turn changes the pool as the editor.
func (s *poolStory) turn(t *testing.T, change func(*extensionsv1.SandboxWarmPoolSpec)) {
	t.Helper()
	pool := suite.Get[extensionsv1.SandboxWarmPool](t, s.Namespace, "test-pool")
	base := pool.DeepCopy()
	change(&pool.Spec)
	if err := s.Editor.Patch(t.Context(), pool, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

// expect compares the whole status. The conditions are Progressing and Ready.
func (s *poolStory) expect(t *testing.T, replicas, ready int32, generation int64, conditions ...metav1.Condition) {
	t.Helper()
	for i := range conditions {
		conditions[i].ObservedGeneration = generation
	}
	want := extensionsv1.SandboxWarmPoolStatus{
		Replicas: replicas, ReadyReplicas: ready, Selector: "agents.x-k8s.io/warm-pool-sandbox=59733166",
		ObservedGeneration: generation, Conditions: conditions,
	}
	equal := gocmp.Comparer(func(a, b metav1.Time) bool { return a.Equal(&b) })
	if diff := gocmp.Diff(want, suite.Get[extensionsv1.SandboxWarmPool](t, s.Namespace, "test-pool").Status, equal); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// at returns the time that long after the pool's creation.
func (s *poolStory) at(after time.Duration) metav1.Time {
	return metav1.NewTime(s.pool.CreationTimestamp.Add(after))
}

// names returns the sorted names of Sandboxes.
func names(sandboxes []*sandboxv1.Sandbox) []string {
	var all []string
	for _, sandbox := range sandboxes {
		all = append(all, sandbox.Name)
	}
	slices.Sort(all)
	return all
}
