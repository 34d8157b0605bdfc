package rules_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// What a status says of a task that has finished outlives its Pod, with its time. What was never a task, or has not finished, has
// not ended when its Pod is gone.
func TestATaskWhosePodIsGone(t *testing.T) {
	task := func(policy corev1.RestartPolicy) *builder.SandboxWrapper {
		return builder.MakeSandbox("a").RestartPolicy(policy).Conditions().
			Condition("Finished", "True", "PodSucceeded").Condition("Ready", "False", "PodSucceeded")
	}
	type want struct {
		Done            bool
		Ready, Finished string
	}
	ended := want{true, "PodSucceeded: ", "PodSucceeded: "}
	for name, tc := range map[string]struct {
		sandbox  *builder.SandboxWrapper
		observed rules.Observed
		want     want
	}{
		"it never restarts":              {task("Never"), rules.Observed{}, ended},
		"it restarts on failure":         {task("OnFailure"), rules.Observed{}, ended},
		"its volume cannot be read":      {task("Never"), rules.Observed{Err: errors.New("lost")}, want{true, "ReconcilerError: Error seen: lost", "PodSucceeded: "}},
		"its Pod cannot be read":         {task("Never"), rules.Observed{PodUnknown: true, Err: errors.New("lost")}, want{true, "ReconcilerError: Error seen: lost", "PodSucceeded: "}},
		"it has been suspended":          {task("Never").OperatingMode(sandboxv1.OperatingModeSuspended), rules.Observed{}, want{true, "SandboxSuspended: Sandbox is suspended", "PodSucceeded: "}},
		"it has expired":                 {task("Never").ShutdownTime(later), rules.Observed{}, want{true, "SandboxExpired: Sandbox has expired", "PodSucceeded: "}},
		"it is to run always":            {task("Always"), rules.Observed{}, want{false, "DependenciesNotReady: Pod does not exist", ""}},
		"it is to run always by default": {task(""), rules.Observed{}, want{false, "DependenciesNotReady: Pod does not exist", ""}},
		"it had not finished": {
			builder.MakeSandbox("a").RestartPolicy("Never").Condition("Ready", "True", "DependenciesReady"), rules.Observed{},
			want{false, "DependenciesNotReady: Pod does not exist", ""},
		},
		"another Pod of its own runs": {
			task("Never"), rules.Observed{Pods: []*corev1.Pod{builder.MakePod("a").RestartPolicy("Never").Ready().Obj()}},
			want{true, "DependenciesReady: Pod is Ready", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			obj := tc.sandbox.Obj()
			for i := range obj.Status.Conditions {
				obj.Status.Conditions[i].LastTransitionTime.Time = builder.Epoch
			}
			status := rules.SandboxStatus(obj, tc.observed, later)
			got := want{rules.IsDone(obj), told(status, "Ready"), told(status, "Finished")}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if c := meta.FindStatusCondition(status.Conditions, "Finished"); c != nil && !c.LastTransitionTime.Time.Equal(builder.Epoch) {
				t.Errorf("it finished at %s, want when it did", c.LastTransitionTime)
			}
		})
	}
}

// A task is what its Pod's or its containers' restartPolicy, or a deadline, make end.
func TestIsTask(t *testing.T) {
	container := func(policy corev1.ContainerRestartPolicy) corev1.Container {
		c := corev1.Container{Name: "c-" + strings.ToLower(string(policy)), Image: builder.DefaultImage}
		if policy != "" {
			c.RestartPolicy = &policy
		}
		return c
	}
	const always, never, onFailure = corev1.ContainerRestartPolicyAlways, corev1.ContainerRestartPolicyNever, corev1.ContainerRestartPolicyOnFailure
	for name, tc := range map[string]struct {
		pod        corev1.RestartPolicy
		deadline   *int64
		containers []corev1.Container
		init       []corev1.Container
		want       bool
	}{
		"by default":                           {containers: []corev1.Container{container("")}},
		"the Pod runs always":                  {pod: "Always", containers: []corev1.Container{container("")}},
		"the Pod never restarts":               {pod: "Never", containers: []corev1.Container{container("")}, want: true},
		"the Pod restarts on failure":          {pod: "OnFailure", containers: []corev1.Container{container("")}, want: true},
		"the Pod has a deadline":               {pod: "Always", deadline: new(int64(60)), containers: []corev1.Container{container("")}, want: true},
		"its container never restarts":         {containers: []corev1.Container{container(never)}, want: true},
		"its containers end":                   {containers: []corev1.Container{container(never), container(onFailure)}, want: true},
		"one of them is to run always":         {containers: []corev1.Container{container(never), container(always)}},
		"one of them says nothing":             {containers: []corev1.Container{container(""), container(never)}},
		"one of them says so, the Pod not":     {pod: "Never", containers: []corev1.Container{container(always)}, want: true},
		"its container ends, its sidecar not":  {containers: []corev1.Container{container(never)}, init: []corev1.Container{container(always)}, want: true},
		"its init container ends, as they all": {containers: []corev1.Container{container("")}, init: []corev1.Container{container(never)}},
		"it has no container":                  {},
	} {
		sandbox := builder.MakeSandbox("a").PodSpec(corev1.PodSpec{
			RestartPolicy: tc.pod, ActiveDeadlineSeconds: tc.deadline, Containers: tc.containers, InitContainers: tc.init,
		}).Obj()
		if got := rules.IsTask(sandbox); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// A Sandbox that was created just now cannot have had a Pod.
func TestMayHaveRun(t *testing.T) {
	created := builder.Epoch
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		now     time.Time
		want    bool
	}{
		"created now":                      {builder.MakeSandbox("a"), created, false},
		"created now, by a clock ahead":    {builder.MakeSandbox("a"), created.Add(-time.Second), false},
		"created two seconds ago":          {builder.MakeSandbox("a"), created.Add(2 * time.Second), true},
		"created now, and it has a status": {builder.MakeSandbox("a").Condition("Ready", "False", "DependenciesNotReady"), created, true},
	} {
		obj := tc.sandbox.Obj()
		obj.CreationTimestamp.Time = created
		if got := rules.MayHaveRun(obj, tc.now); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// A Sandbox is looked at before another Pod, and before one that may be a task's second.
func TestLooksBeforePod(t *testing.T) {
	task := corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "main"}}}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		after   time.Duration
		want    bool
	}{
		"its first Pod":                {sandbox: builder.MakeSandbox("a")},
		"its first Pod, after a while": {sandbox: builder.MakeSandbox("a"), after: time.Hour},
		"it had one":                   {sandbox: builder.MakeSandbox("a").PodUID("pod-a-uid"), want: true},
		"a task":                       {sandbox: builder.MakeSandbox("a").PodSpec(task)},
		"a task that may have run":     {sandbox: builder.MakeSandbox("a").PodSpec(task), after: time.Hour, want: true},
	} {
		obj := tc.sandbox.Obj()
		if got := rules.LooksBeforePod(obj, obj.CreationTimestamp.Add(tc.after)); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
