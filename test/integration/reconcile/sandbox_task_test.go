package reconcile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// finishedTask is a task of that policy that has succeeded in its third minute, and whose Pod is gone.
func finishedTask(t *testing.T, policy corev1.RestartPolicy) *story {
	t.Helper()
	s := newStoryOf(t, builder.MakeSandbox("my-sandbox").RestartPolicy(policy))
	s.ready(t)
	s.goOn(t, func(status *corev1.PodStatus) { status.Phase = corev1.PodSucceeded })
	s.killPod(t)
	s.Clock.Step(time.Minute)
	return s
}

// A task that has finished runs no second time when its Pod is gone. Finished stays, with its time.
func TestATaskRunsOnce(t *testing.T) {
	for _, policy := range []corev1.RestartPolicy{corev1.RestartPolicyNever, corev1.RestartPolicyOnFailure} {
		t.Run(string(policy), func(t *testing.T) {
			s := finishedTask(t, policy)
			s.Step(t, s.sandbox)
			expectNone[corev1.Pod](t, s.Namespace, "my-sandbox")
			want := sandboxv1.SandboxStatus{Selector: "agents.x-k8s.io/sandbox-name-hash=374de8f5", Conditions: []metav1.Condition{
				condition("Ready", metav1.ConditionFalse, "PodSucceeded", "Pod completed successfully", s.at(3)),
				condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended", s.at(0)),
				condition("Finished", metav1.ConditionTrue, "PodSucceeded", "Pod completed successfully", s.at(3)),
			}}
			expectStatus(t, s.Namespace, "my-sandbox", want)
			expectNoWrites(t, s.Namespace, s.sandbox)
		})
	}
}

// Whatever says that it ends makes it a task: its container's own restartPolicy, or its deadline.
func TestATaskOfAPodThatRunsAlwaysRunsOnce(t *testing.T) {
	main := func(policy corev1.ContainerRestartPolicy) corev1.Container {
		return corev1.Container{Name: "main", Image: builder.DefaultImage, RestartPolicy: &policy}
	}
	inTime := func(sandbox *builder.SandboxWrapper) *builder.SandboxWrapper {
		spec := sandbox.Obj().Spec.PodTemplate.Spec
		spec.ActiveDeadlineSeconds = new(int64(3600))
		return sandbox.PodSpec(spec)
	}
	failed := func(reason string) func(*corev1.PodStatus) {
		return func(status *corev1.PodStatus) { status.Phase, status.Reason = corev1.PodFailed, reason }
	}
	succeeded := func(status *corev1.PodStatus) { status.Phase = corev1.PodSucceeded }
	exited := func(status *corev1.PodStatus) {
		status.Phase = corev1.PodFailed
		status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", Image: builder.DefaultImage, State: terminated(1, "Error", status.StartTime.Time)}}
	}
	sandbox := func() *builder.SandboxWrapper { return builder.MakeSandbox("my-sandbox") }
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		end     func(*corev1.PodStatus)
		want    string
		since   int
	}{
		"its container fails":            {sandbox().Containers(main("Never")), exited, `PodFailed: Pod failed: Error: container "main" ended with exit code 1`, 35},
		"its container succeeds":         {sandbox().Containers(main("OnFailure")), succeeded, "PodSucceeded: Pod completed successfully", 35},
		"its time is over":               {inTime(sandbox()), failed("DeadlineExceeded"), "PodFailed: Pod failed: DeadlineExceeded", 0},
		"its node evicts it in time":     {inTime(sandbox()), failed("Evicted"), "", 0},
		"one container runs always":      {sandbox().Containers(main("Never"), corev1.Container{Name: "other", Image: builder.DefaultImage}), failed("Evicted"), "", 35},
		"its container is to run always": {sandbox().Containers(main("Always")), failed("Evicted"), "", 35},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.since > 0 && !suite.Has(t, "a container's own restartPolicy", tc.since) {
				return
			}
			s := newStoryOf(t, tc.sandbox)
			s.ready(t)
			s.goOn(t, func(status *corev1.PodStatus) {
				status.StartTime = new(metav1.NewTime(s.began))
				tc.end(status)
			})
			s.Step(t, s.sandbox)
			if tc.want == "" {
				s.killPod(t)
				s.Step(t, s.sandbox)
				if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID == s.pod.UID {
					t.Error("the Pod is the same")
				}
				return
			}
			if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID != s.pod.UID || got.DeletionTimestamp != nil {
				t.Error("its Pod is replaced")
			}
			s.killPod(t)
			s.Clock.Step(time.Minute)
			s.Step(t, s.sandbox)
			s.Step(t, s.sandbox)
			expectNone[corev1.Pod](t, s.Namespace, "my-sandbox")
			finished := meta.FindStatusCondition(s.status(t).Conditions, "Finished")
			if at := s.at(3); finished == nil || finished.Reason+": "+finished.Message != tc.want || !finished.LastTransitionTime.Equal(&at) {
				t.Errorf("Finished is %v, want %s since %s", finished, tc.want, at)
			}
		})
	}
}

// A task whose Pod a kubelet rejected has not run. Another Pod takes its place, later and later. One that has run stays as it is.
func TestATaskWhosePodIsRejected(t *testing.T) {
	reject := func(reason, message string) func(*corev1.PodStatus) {
		return func(status *corev1.PodStatus) {
			*status = corev1.PodStatus{Phase: corev1.PodFailed, Reason: reason, Message: message}
		}
	}
	const why = "Pod was rejected: Node didn't have enough resource: cpu, requested: 1000, used: 0, capacity: 500"
	for name, tc := range map[string]struct {
		ready    bool
		end      func(*corev1.PodStatus)
		replaced bool
		want     string
	}{
		"its node has too little":                {false, reject("OutOfcpu", why), true, "False DependenciesNotReady: Pod failed and is replaced: OutOfcpu: " + why},
		"its node has another label":             {false, reject("NodeAffinity", ""), true, "False DependenciesNotReady: Pod failed and is replaced: NodeAffinity"},
		"a kubelet that starts anew, and it ran": {true, reject("NodeAffinity", ""), false, "False PodFailed: Pod failed: NodeAffinity"},
		"its container has run": {false, func(status *corev1.PodStatus) {
			reject("OutOfcpu", why)(status)
			status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", State: terminated(0, "Completed", builder.Epoch)}}
		}, false, "False PodFailed: Pod failed: OutOfcpu: " + why},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStoryOf(t, builder.MakeSandbox("my-sandbox").RestartPolicy(corev1.RestartPolicyNever))
			if tc.ready {
				s.ready(t)
			} else {
				s.SchedulePod(t, "my-sandbox")
			}
			s.goOn(t, tc.end)
			if got := said(s.status(t).Conditions); got != tc.want {
				t.Errorf("it says %s, want %s", got, tc.want)
			}
			if !tc.replaced {
				s.Step(t, s.sandbox)
				if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID != s.pod.UID || got.DeletionTimestamp != nil {
					t.Error("its Pod is replaced")
				}
				return
			}
			s.Step(t, s.sandbox)
			if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID == s.pod.UID {
				t.Error("its Pod is the same")
			}
			s.PatchPodStatus(t, "my-sandbox", tc.end)
			if again := s.Step(t, s.sandbox); again.RequeueAfter != 10*time.Second {
				t.Errorf("the next waits for %s, want 10s", again.RequeueAfter)
			}
			if got := s.status(t); got.Replacements == nil || got.Replacements.Count != 2 || meta.FindStatusCondition(got.Conditions, "Finished") != nil {
				t.Errorf("the status is %+v", got)
			}
		})
	}
}

// Neither does it run again when it is suspended and resumed, or expires and is revived.
func TestATaskRunsOnceThoughItIsResumed(t *testing.T) {
	s := finishedTask(t, corev1.RestartPolicyNever)
	operate(t, s.Namespace, "my-sandbox", sandboxv1.OperatingModeSuspended)
	s.Step(t, s.sandbox)
	operate(t, s.Namespace, "my-sandbox", sandboxv1.OperatingModeRunning)
	s.Step(t, s.sandbox)
	expireAt(t, s.Namespace, "my-sandbox", s.Clock.Now())
	s.Step(t, s.sandbox)
	change(t, s.Namespace, "my-sandbox", func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.ShutdownTime = nil })
	s.Step(t, s.sandbox)
	expectNone[corev1.Pod](t, s.Namespace, "my-sandbox")
	finished := meta.FindStatusCondition(s.status(t).Conditions, "Finished")
	if at := s.at(3); finished == nil || !finished.LastTransitionTime.Equal(&at) {
		t.Errorf("Finished is %v, want since %s", finished, at)
	}
}

// A task whose Pod is deleted before it has finished gets another, also if its kubelet says Failed on the way.
func TestATaskThatWasInterrupted(t *testing.T) {
	s := newStoryOf(t, builder.MakeSandbox("my-sandbox").RestartPolicy(corev1.RestartPolicyNever))
	s.ready(t)
	s.Delete(t, s.Editor, s.pod)
	s.goOn(t, func(status *corev1.PodStatus) { status.Phase = corev1.PodFailed })
	if got := said(s.status(t).Conditions); got != "False DependenciesNotReady: Pod is terminating" {
		t.Errorf("it says %s", got)
	}
	s.killPod(t)
	s.Step(t, s.sandbox)
	if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID == s.pod.UID {
		t.Error("the Pod is the same")
	}
}

// A worker that sees neither that the task has finished nor its Pod creates none.
func TestATaskRunsOnceForAStaleWorker(t *testing.T) {
	s := newStoryOf(t, builder.MakeSandbox("my-sandbox").RestartPolicy(corev1.RestartPolicyNever))
	s.ready(t)
	old := suite.Get[sandboxv1.Sandbox](t, s.Namespace, "my-sandbox")
	s.goOn(t, func(status *corev1.PodStatus) { status.Phase = corev1.PodSucceeded })
	s.killPod(t)
	s.Settle(t)
	before := suite.Writes(t)
	result, err := s.Sandboxes(s.ReadYourWrites).Reconcile(t.Context(), old)
	if err != nil || !suite.Soon(result) {
		t.Errorf("got %+v, %v; want another look soon", result, err)
	}
	before.Expect(t, suite.Writes, suite.Counts{})
}

// The TTL of a claim counts on when the Pod of its finished task is gone.
func TestAClaimOfATaskWhosePodIsGone(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").RestartPolicy(corev1.RestartPolicyNever).Obj())
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").
		Lifecycle(extensionsv1.Lifecycle{TTLSecondsAfterFinished: new(int32(60)), ShutdownPolicy: "Delete"}).Obj())
	n.Step(t, claim)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	n.Step(t, sandbox)
	pod := n.PatchPodStatus(t, "mine", func(status *corev1.PodStatus) { status.Phase = corev1.PodSucceeded })
	n.Step(t, sandbox)
	n.Step(t, claim)
	n.Delete(t, n.Admin, pod)
	n.Clock.Step(50 * time.Second)
	n.Step(t, sandbox)
	if result := n.Step(t, claim); result.RequeueAfter != 10*time.Second {
		t.Errorf("it is looked at again after %v, want 10s", result.RequeueAfter)
	}
	expectNone[corev1.Pod](t, n, "mine")
	n.Clock.Step(10 * time.Second)
	for range 2 { // The first step may find that the cache is behind.
		if isGone(t, n, &extensionsv1.SandboxClaim{}, "mine") {
			return
		}
		n.Step(t, claim)
	}
	if !isGone(t, n, &extensionsv1.SandboxClaim{}, "mine") {
		t.Error("the claim is still there")
	}
}
