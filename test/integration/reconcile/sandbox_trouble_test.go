package reconcile

import (
	"testing"
	"time"

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
