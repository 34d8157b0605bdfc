package rules_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// The status counts restarts of containers, and says how the one that was restarted last had ended.
func TestRestarts(t *testing.T) {
	endedAt := func(code int32, reason string, minute int) corev1.ContainerState {
		state := ended(code, reason)
		state.Terminated.FinishedAt = metav1.NewTime(builder.Epoch.Add(time.Duration(minute) * time.Minute))
		return state
	}
	ready := func(name string, restarts int32, last corev1.ContainerState) corev1.ContainerStatus {
		s := runs(name, restarts, last, later)
		s.Ready = true
		return s
	}
	said := func(count int32, container, reason string, code int32, minute int) *sandboxv1.ContainerRestarts {
		at := metav1.NewTime(builder.Epoch.Add(time.Duration(minute) * time.Minute))
		return &sandboxv1.ContainerRestarts{
			Count: count, LastContainer: container, LastReason: reason, LastExitCode: code, LastFinishedAt: &at,
		}
	}
	unknown := ended(255, "Unknown")
	unknown.Terminated.FinishedAt = metav1.Time{}
	claimed := builder.MakeSandbox("a").ClaimedBy(builder.MakeClaim("c").Pool("p").Obj())
	for name, tc := range map[string]struct {
		sandbox    *builder.SandboxWrapper
		containers []corev1.ContainerStatus
		want       *sandboxv1.ContainerRestarts
	}{
		"none":               {claimed, []corev1.ContainerStatus{ready("main", 0, corev1.ContainerState{})}, nil},
		"it ended just now":  {claimed, []corev1.ContainerStatus{ends("main", 0, 137, "OOMKilled")}, nil},
		"out of memory":      {claimed, []corev1.ContainerStatus{ready("main", 1, endedAt(137, "OOMKilled", 1))}, said(1, "main", "OOMKilled", 137, 1)},
		"of a bare Sandbox":  {builder.MakeSandbox("a"), []corev1.ContainerStatus{ready("main", 2, endedAt(1, "Error", 1))}, said(2, "main", "Error", 1, 1)},
		"in a pool":          {builder.MakeSandbox("a").Pool(builder.MakePool("p").Template("t").Obj()), []corev1.ContainerStatus{ready("main", 2, endedAt(1, "Error", 1))}, nil},
		"of two containers":  {claimed, []corev1.ContainerStatus{ready("one", 2, endedAt(1, "Error", 5)), ready("two", 3, endedAt(0, "Completed", 4))}, said(5, "one", "Error", 1, 5)},
		"the other way":      {claimed, []corev1.ContainerStatus{ready("one", 2, endedAt(1, "Error", 4)), ready("two", 3, endedAt(0, "Completed", 5))}, said(5, "two", "Completed", 0, 5)},
		"without an end":     {claimed, []corev1.ContainerStatus{ready("main", 4, corev1.ContainerState{})}, &sandboxv1.ContainerRestarts{Count: 4}},
		"without a time":     {claimed, []corev1.ContainerStatus{ready("main", 1, unknown)}, &sandboxv1.ContainerRestarts{Count: 1, LastContainer: "main", LastReason: "Unknown", LastExitCode: 255}},
		"a time beats none":  {claimed, []corev1.ContainerStatus{ready("one", 1, unknown), ready("two", 1, endedAt(1, "Error", 1))}, said(2, "two", "Error", 1, 1)},
		"more than it holds": {claimed, []corev1.ContainerStatus{ready("one", math.MaxInt32, endedAt(1, "Error", 1)), ready("two", 3, endedAt(1, "Error", 1))}, said(math.MaxInt32, "one", "Error", 1, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			pod := builder.MakePod("a").Ready()
			for _, s := range tc.containers {
				pod.Container(s)
			}
			obj := tc.sandbox.Obj()
			status := rules.SandboxStatus(obj, rules.Observed{Pods: []*corev1.Pod{pod.Obj()}}, later)
			if diff := cmp.Diff(tc.want, status.Restarts); diff != "" {
				t.Errorf("restarts (-want +got):\n%s", diff)
			}
			obj.Status = rules.SandboxStatus(obj, rules.Observed{Pods: []*corev1.Pod{builder.MakePod("a").UID("next").Ready().Obj()}}, later)
			if obj.Status.Restarts != nil {
				t.Errorf("the next Pod has %v", obj.Status.Restarts)
			}
		})
	}
}
