package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// waiting returns the state of a container that waits for that reason.
func waiting(reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}

// terminated returns the state of a container that ended at that time.
func terminated(code int32, reason string, at time.Time) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason, FinishedAt: metav1.NewTime(at)}}
}

// An image that cannot be pulled is said with its cause, once, while the kubelet tries and backs off in turn.
func TestAnImageThatCannotBePulled(t *testing.T) {
	s := newStory(t)
	kubelet := func(state corev1.ContainerState) {
		s.PatchPodStatus(t, "my-sandbox", func(status *corev1.PodStatus) {
			status.Phase = corev1.PodPending
			status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", Image: "no", State: state}}
		})
	}
	kubelet(waiting("ContainerCreating", ""))
	expectNoWrites(t, s.Namespace, s.sandbox)
	kubelet(waiting("ErrImagePull", `failed to pull image "no": not found`))
	s.Step(t, s.sandbox)
	const want = `False DependenciesNotReady: Pod exists with phase: Pending; container "main": ImagePullBackOff: failed to pull image "no": not found`
	for range 3 {
		kubelet(waiting("ImagePullBackOff", `Back-off pulling image "no": ErrImagePull: failed to pull image "no": not found`))
		expectNoWrites(t, s.Namespace, s.sandbox)
		kubelet(waiting("ErrImagePull", `failed to pull image "no": not found`))
		expectNoWrites(t, s.Namespace, s.sandbox)
	}
	if got := said(s.status(t).Conditions); got != want {
		t.Errorf("it says %s, want %s", got, want)
	}
	s.RunPod(t, "my-sandbox")
	s.Step(t, s.sandbox)
	if got := said(s.status(t).Conditions); got != "True DependenciesReady: Pod is Ready" {
		t.Errorf("it says %s", got)
	}
}

// A claim says why its Sandbox does not become Ready.
func TestAClaimSaysWhyItsContainerWaits(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").Obj())
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
	n.Step(t, claim)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	n.Step(t, sandbox)
	n.PatchPodStatus(t, "mine", func(status *corev1.PodStatus) {
		status.Phase = corev1.PodPending
		status.InitContainerStatuses = []corev1.ContainerStatus{{
			Name: "setup", RestartCount: 3, State: waiting("CrashLoopBackOff", "back-off 40s restarting failed container"),
			LastTerminationState: terminated(2, "Error", n.Clock.Now()),
		}}
		status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", State: waiting("PodInitializing", "")}}
	})
	n.Step(t, sandbox)
	n.Step(t, claim)
	const want = `False DependenciesNotReady: Pod exists with phase: Pending; init container "setup": CrashLoopBackOff: it ends with exit code 2 (Error)`
	if got := said(suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions); got != want {
		t.Errorf("it says %s, want %s", got, want)
	}
}

// A pool says why its Sandboxes do not become Ready.
func TestAPoolSaysWhyAContainerWaits(t *testing.T) {
	s := newPoolStory(t, 2, onReplenish)
	s.step(t)
	s.stepMembers(t)
	for _, member := range s.members(t) {
		s.PatchPodStatus(t, member.Name, func(status *corev1.PodStatus) {
			status.Phase = corev1.PodPending
			status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", State: waiting("CreateContainerConfigError", `secret "s" not found`)}}
		})
	}
	s.stepMembers(t)
	s.step(t)
	const want = `PoolFilling: 2 of 2 Sandboxes are not Ready yet: container "main": CreateContainerConfigError: secret "s" not found`
	if got := s.progress(t); got != want {
		t.Errorf("it says %s, want %s", got, want)
	}
}

// Somebody's state was lost when a container ran out of memory, though the Sandbox is Ready again by then. It costs one write for
// each restart, and none for what comes between.
func TestARestartOfAClaimedSandbox(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	warm := n.Member(t, pool, "aaaaa")
	n.Step(t, warm)
	n.RunPod(t, warm.Name)
	n.Step(t, warm)
	n.AwaitOffer(t, pool, true)
	n.Step(t, suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj()))
	n.Step(t, warm)
	status := func() sandboxv1.SandboxStatus { return suite.Get[sandboxv1.Sandbox](t, n, warm.Name).Status }
	if got := status().Restarts; got != nil {
		t.Errorf("at first, status.restarts is %v", got)
	}
	restart := func(count int32, last corev1.ContainerState) {
		n.PatchPodStatus(t, warm.Name, func(status *corev1.PodStatus) {
			status.ContainerStatuses = []corev1.ContainerStatus{{
				Name: "main", Ready: true, RestartCount: count, LastTerminationState: last,
				State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(n.Clock.Now())}},
			}}
		})
	}
	at := metav1.NewTime(n.Clock.Now())
	restart(1, terminated(137, "OOMKilled", at.Time))
	before := suite.Writes(t)
	n.Step(t, warm)
	n.Step(t, warm)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes/status": 1})
	got := status()
	want := &sandboxv1.ContainerRestarts{Count: 1, LastContainer: "main", LastReason: "OOMKilled", LastExitCode: 137, LastFinishedAt: &at}
	if diff := cmp.Diff(want, got.Restarts, cmp.Comparer(func(a, b metav1.Time) bool { return a.Equal(&b) })); diff != "" {
		t.Errorf("status.restarts (-want +got):\n%s", diff)
	}
	if !isReady(got.Conditions) {
		t.Errorf("it says %s", said(got.Conditions))
	}
	restart(2, terminated(1, "Error", at.Add(time.Hour)))
	n.Step(t, warm)
	if got := status().Restarts; got == nil || got.Count != 2 || got.LastReason != "Error" {
		t.Errorf("after the second, status.restarts is %v", got)
	}
}
