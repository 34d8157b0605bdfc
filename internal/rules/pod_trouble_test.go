package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// waits returns the status of a container that waits for that reason.
func waits(name, reason, message string) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: name, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}}
}

// ends returns the status of a container that ended after that many restarts.
func ends(name string, restarts, code int32, reason string) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: name, RestartCount: restarts, State: ended(code, reason)}
}

func ended(code int32, reason string) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason, FinishedAt: metav1.NewTime(later)}}
}

// runs returns the status of a container that runs since that time, after it had ended before.
func runs(name string, restarts int32, last corev1.ContainerState, since time.Time) corev1.ContainerStatus {
	return corev1.ContainerStatus{
		Name: name, RestartCount: restarts, LastTerminationState: last,
		State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(since)}},
	}
}

// restarted is status after that many restarts, the last of which followed this end.
func restarted(status corev1.ContainerStatus, restarts int32, last corev1.ContainerState) corev1.ContainerStatus {
	status.RestartCount, status.LastTerminationState = restarts, last
	return status
}

// A container's own restartPolicy says whether it has done its work, before the Pod's.
func TestWhetherAContainerHasDoneItsWork(t *testing.T) {
	const runsNot, again = "Pod is Running but not Ready", `; container "main": CrashLoopBackOff: it ends with exit code 0 (Completed)`
	for name, tc := range map[string]struct {
		pod  corev1.RestartPolicy
		own  corev1.ContainerRestartPolicy
		want string
	}{
		"it restarts on failure":                {"Always", "OnFailure", runsNot},
		"it never restarts":                     {"", "Never", runsNot},
		"it is to run always":                   {"Never", "Always", runsNot + again},
		"it says nothing, the Pod runs always":  {"Always", "", runsNot + again},
		"it says nothing, the Pod does not run": {"OnFailure", "", runsNot},
	} {
		t.Run(name, func(t *testing.T) {
			main := corev1.Container{Name: "main", Image: builder.DefaultImage}
			if tc.own != "" {
				main.RestartPolicy = &tc.own
			}
			sandbox := builder.MakeSandbox("a").Containers(main).RestartPolicy(tc.pod).Obj()
			pod := builder.MakePod("a").Ready().Condition(corev1.PodReady, corev1.ConditionFalse).RestartPolicy(tc.pod).
				Container(restarted(ends("main", 2, 0, "Completed"), 2, ended(1, "Error"))).Obj()
			status := rules.SandboxStatus(sandbox, rules.Observed{Pods: []*corev1.Pod{pod}}, later)
			if diff := cmp.Diff("DependenciesNotReady: "+tc.want, told(status, "Ready")); diff != "" {
				t.Errorf("Ready (-want +got):\n%s", diff)
			}
		})
	}
}

// Ready says for which reason a container does not run, and nothing where the start goes well.
func TestWhyAContainerDoesNotRun(t *testing.T) {
	pending := func() *builder.PodWrapper { return builder.MakePod("a").Phase(corev1.PodPending) }
	running := func() *builder.PodWrapper {
		return builder.MakePod("a").Ready().Condition(corev1.PodReady, corev1.ConditionFalse)
	}
	const is, runsNot = "Pod exists with phase: Pending", "Pod is Running but not Ready"
	for name, tc := range map[string]struct {
		pod  *builder.PodWrapper
		want string
	}{
		"it is being created":           {pending().Container(waits("main", "ContainerCreating", "")), is},
		"it waits for another":          {pending().Container(waits("main", "PodInitializing", "")), is},
		"it runs":                       {running().Container(runs("main", 0, corev1.ContainerState{}, later)), runsNot},
		"its image is not there":        {pending().Container(waits("main", "ErrImagePull", "not found")), is + `; container "main": ImagePullBackOff: not found`},
		"its image is tried later":      {pending().Container(waits("main", "ImagePullBackOff", `Back-off pulling image "a:b": ErrImagePull: not found`)), is + `; container "main": ImagePullBackOff: not found`},
		"so an earlier kubelet":         {pending().Container(waits("main", "ImagePullBackOff", `Back-off pulling image "a:b"`)), is + `; container "main": ImagePullBackOff: Back-off pulling image "a:b"`},
		"its image has a bad name":      {pending().Container(waits("main", "InvalidImageName", "couldn't parse")), is + `; container "main": InvalidImageName: couldn't parse`},
		"its Secret is not there":       {pending().Container(waits("main", "CreateContainerConfigError", `secret "s" not found`)), is + `; container "main": CreateContainerConfigError: secret "s" not found`},
		"its init container is":         {pending().InitContainer(restarted(waits("init", "CrashLoopBackOff", "back-off 20s"), 2, ended(2, "Error"))).Container(waits("main", "PodInitializing", "")), is + `; init container "init": CrashLoopBackOff: it ends with exit code 2 (Error)`},
		"it waits for its restart":      {running().Container(restarted(waits("main", "CrashLoopBackOff", "back-off 5m0s restarting"), 7, ended(137, "OOMKilled"))), runsNot + `; container "main": CrashLoopBackOff: it ends with exit code 137 (OOMKilled)`},
		"it ended again":                {running().Container(restarted(ends("main", 7, 137, "OOMKilled"), 7, ended(137, "OOMKilled"))), runsNot + `; container "main": CrashLoopBackOff: it ends with exit code 137 (OOMKilled)`},
		"it runs again":                 {running().Container(runs("main", 8, ended(137, "OOMKilled"), later.Add(-9*time.Minute))), runsNot + `; container "main": CrashLoopBackOff: it ends with exit code 137 (OOMKilled)`},
		"it runs for long again":        {running().Container(runs("main", 8, ended(137, "OOMKilled"), later.Add(-10*time.Minute))), runsNot},
		"it ended for the first time":   {running().Container(ends("main", 0, 1, "")), runsNot + `; container "main": Error: it ended with exit code 1`},
		"it has done its work":          {running().Container(ends("main", 0, 0, "Completed")), runsNot},
		"it has, after restarts":        {running().RestartPolicy("OnFailure").Container(restarted(ends("main", 2, 0, "Completed"), 2, ended(1, "Error"))), runsNot},
		"it ends, and is to run always": {running().Container(restarted(ends("main", 2, 0, "Completed"), 2, ended(0, "Completed"))), runsNot + `; container "main": CrashLoopBackOff: it ends with exit code 0 (Completed)`},
		"another one has":               {running().Container(ends("one", 0, 0, "Completed")).Container(waits("two", "RunContainerError", "no")), runsNot + `; container "two": RunContainerError: no`},
		"its node was restarted":        {pending().Container(restarted(waits("main", "ContainerCreating", ""), 1, ended(255, "Unknown"))), is},
		"its message has no end":        {pending().Container(waits("main", "CreateContainerError", strings.Repeat("é", 2000))), is + `; container "main": CreateContainerError: ` + strings.Repeat("é", 254) + "..."},
		"the Pod is Ready":              {builder.MakePod("a").Ready().Container(waits("side", "CrashLoopBackOff", "")), "Pod is Ready"},
		"the Pod is being deleted":      {pending().Deleting().Container(waits("main", "ErrImagePull", "")), "Pod is terminating"},
	} {
		t.Run(name, func(t *testing.T) {
			status := rules.SandboxStatus(builder.MakeSandbox("a").Obj(), rules.Observed{Pods: []*corev1.Pod{tc.pod.Obj()}}, later)
			if _, got, _ := strings.Cut(told(status, "Ready"), ": "); got != tc.want {
				t.Errorf("it says:\n%s\nwant:\n%s", got, tc.want)
			}
		})
	}
}

// While a container is tried again and again, the status is written once, whatever the kubelet says between two tries. A restart is
// counted besides.
func TestTroubleIsSaidOnce(t *testing.T) {
	last := ended(1, "Error")
	for name, tries := range map[string][]corev1.ContainerStatus{
		"an image that is not there": {
			waits("main", "ErrImagePull", "not found"), waits("main", "ImagePullBackOff", `Back-off pulling image "a:b": ErrImagePull: not found`),
			waits("main", "ErrImagePull", "not found"), waits("main", "ImagePullBackOff", `Back-off pulling image "a:b"`),
		},
		"a registry that numbers its answers": {
			waits("main", "ErrImagePull", "429: request 3f2504e0-4f89-11d3-9a0c-0305e82c3301, try again in 1m30s"),
			waits("main", "ErrImagePull", "429: request 16fd2706-8baf-433b-82eb-8c7fada847da, try again in 45s"),
		},
		"a container that crashes": {
			restarted(waits("main", "CrashLoopBackOff", "back-off 10s restarting failed container"), 2, last), runs("main", 2, last, later),
			restarted(ends("main", 2, 1, "Error"), 2, last), restarted(waits("main", "CrashLoopBackOff", "back-off 20s restarting failed container"), 2, last),
		},
		"a name that is taken": {
			waits("main", "CreateContainerError", `the name "main" is in use by container "0f5e4dc22fab98d1"`),
			waits("main", "CreateContainerError", `the name "main" is in use by container "aa5e4dc22fab98d2"`),
		},
	} {
		t.Run(name, func(t *testing.T) {
			obj := builder.MakeSandbox("a").Obj()
			look := func(try corev1.ContainerStatus) bool {
				pod := builder.MakePod("a").Phase(corev1.PodPending).Container(try).Obj()
				status := rules.SandboxStatus(obj, rules.Observed{Pods: []*corev1.Pod{pod}}, later)
				changed := rules.SandboxStatusChanged(obj, status)
				obj.Status = status
				return changed
			}
			look(tries[0])
			first := told(obj.Status, "Ready")
			for i, try := range tries[1:] {
				if look(try) {
					t.Errorf("try %d is written: %s, after %s", i+1, told(obj.Status, "Ready"), first)
				}
			}
		})
	}
}

// What is really another cause is said, and so is the same cause of another Pod.
func TestAnotherTroubleIsSaid(t *testing.T) {
	obj := builder.MakeSandbox("a").Obj()
	for i, try := range []struct {
		uid, reason, message, want string
	}{
		{"1", "ErrImagePull", "401 Unauthorized", "ImagePullBackOff: 401 Unauthorized"},
		{"1", "ErrImagePull", "404 Not Found", "ImagePullBackOff: 404 Not Found"},
		{"1", "CreateContainerConfigError", `secret "s1" not found`, `CreateContainerConfigError: secret "s1" not found`},
		{"1", "CreateContainerConfigError", `secret "s2" not found`, `CreateContainerConfigError: secret "s2" not found`},
		{"1", "ErrImagePull", "a:20261101 not found", "ImagePullBackOff: a:20261101 not found"},
		{"2", "ErrImagePull", "a:20261102 not found", "ImagePullBackOff: a:20261102 not found"},
	} {
		pod := builder.MakePod("a").Phase(corev1.PodPending).Container(waits("main", try.reason, try.message)).Obj()
		pod.UID = builder.UID("pod", try.uid)
		obj.Status = rules.SandboxStatus(obj, rules.Observed{Pods: []*corev1.Pod{pod}}, later)
		if got := told(obj.Status, "Ready"); !strings.HasSuffix(got, `; container "main": `+try.want) {
			t.Errorf("try %d: %s, want %s", i, got, try.want)
		}
	}
}

// A Pod that failed for no reason of its kubelet's failed for that of its container.
func TestWhyATaskFailed(t *testing.T) {
	pod := builder.MakePod("a").RestartPolicy(corev1.RestartPolicyNever).Phase(corev1.PodFailed)
	pod.Container(ends("one", 0, 0, "Completed")).Container(ends("two", 0, 137, "OOMKilled"))
	status := rules.SandboxStatus(builder.MakeSandbox("a").Obj(), rules.Observed{Pods: []*corev1.Pod{pod.Obj()}}, later)
	if got, want := told(status, "Finished"), `PodFailed: Pod failed: OOMKilled: container "two" ended with exit code 137`; got != want {
		t.Errorf("it says %s, want %s", got, want)
	}
}

// The cache keeps nothing of containers that say nothing, and little of the others.
func TestTellingContainers(t *testing.T) {
	statuses := []corev1.ContainerStatus{
		waits("creating", "ContainerCreating", ""), runs("runs", 0, corev1.ContainerState{}, later), ends("done", 0, 0, "Completed"),
	}
	if got := rules.TellingContainers(statuses); got != nil {
		t.Errorf("of containers that start well: %v", got)
	}
	for i := range 100 {
		s := waits(fmt.Sprint(i), "ErrImagePull", strings.Repeat("x", 100_000))
		s.Image, s.ImageID, s.ContainerID = "a", "b", "c"
		statuses = append(statuses, s)
	}
	got := rules.TellingContainers(statuses)
	want := waits("0", "ErrImagePull", strings.Repeat("x", 1021)+"...")
	if len(got) != 8 {
		t.Fatalf("it keeps %d containers, want 8", len(got))
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("of a container that waits (-want +got):\n%s", diff)
	}
	crashed := restarted(ends("a", 3, 1, "Error"), 3, ended(2, "Error"))
	crashed.LastTerminationState.Terminated.Message = strings.Repeat("x", 4096)
	short := restarted(ends("a", 3, 1, "Error"), 3, ended(2, "Error"))
	if diff := cmp.Diff([]corev1.ContainerStatus{short}, rules.TellingContainers([]corev1.ContainerStatus{crashed})); diff != "" {
		t.Errorf("of a container that crashed (-want +got):\n%s", diff)
	}
}
