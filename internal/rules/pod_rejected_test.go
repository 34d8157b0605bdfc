package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// A task whose Pod a kubelet rejected is replaced, if it cannot have run. What the cache holds of the Pod says the same.
func TestATaskWhosePodIsRejected(t *testing.T) {
	const said = "Pod was rejected: Node didn't have enough resource: cpu"
	rejected := func(reason, message string) *builder.PodWrapper {
		return builder.MakePod("a").RestartPolicy("Never").Failed(reason, message)
	}
	task := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").RestartPolicy("Never") }
	seen := func() *builder.SandboxWrapper {
		return task().Condition("Ready", "False", "DependenciesNotReady").PodUID("pod-a-uid")
	}
	waits := func() corev1.ContainerStatus { return waits("main", "ContainerCreating", "") }
	for name, tc := range map[string]struct {
		sandbox  *builder.SandboxWrapper
		pod      *builder.PodWrapper
		replaced bool
	}{
		"for cpu":                         {task(), rejected("OutOfcpu", said), true},
		"for memory, by its reason alone": {task(), rejected("OutOfmemory", ""), true},
		"for Pods":                        {task(), rejected("OutOfpods", said), true},
		"for devices":                     {task(), rejected("OutOfnvidia.com/gpu", said), true},
		"for its affinity":                {task(), rejected("NodeAffinity", "Pod was rejected: Predicate NodeAffinity failed"), true},
		"for its ports":                   {task(), rejected("NodePorts", ""), true},
		"by a plugin":                     {task(), rejected("UnexpectedAdmissionError", ""), true},
		"by a node that is full":          {task(), rejected("Evicted", "Pod was rejected: The node had condition: [DiskPressure]. "), true},
		"by a node that shuts down":       {task(), rejected("NodeShutdown", "Pod was rejected: Pod was rejected as the node is shutting down."), true},
		"a task by its deadline":          {builder.MakeSandbox("a").PodSpec(deadline()), rejected("OutOfcpu", said).RestartPolicy("Always"), true},
		"its containers still wait":       {task(), rejected("OutOfcpu", said).InitContainer(waits()).Container(waits()), true},
		"the status knows it":             {seen(), rejected("OutOfcpu", said), true},
		"another Pod was Ready":           {task().Ready().PodUID("earlier"), rejected("OutOfcpu", said), true},

		"its container runs":             {task(), rejected("OutOfcpu", said).Container(runs("main", 0, corev1.ContainerState{}, later)), false},
		"its container failed":           {task(), rejected("OutOfcpu", said).Container(ends("main", 0, 1, "Error")), false},
		"its container succeeded":        {task(), rejected("OutOfcpu", said).Container(waits()).Container(ends("side", 0, 0, "Completed")), false},
		"its init container succeeded":   {task(), rejected("OutOfcpu", said).InitContainer(ends("init", 0, 0, "Completed")).Container(waits()), false},
		"it has an address":              {task(), rejected("OutOfcpu", said).IP("10.0.0.1"), false},
		"it had one":                     {seen().PodIPs("10.0.0.1"), rejected("NodeAffinity", said), false},
		"it was Ready":                   {task().Condition("Ready", "True", "DependenciesReady").PodUID("pod-a-uid"), rejected("NodeAffinity", said), false},
		"it has ended, by the status":    {seen().Condition("Finished", "True", "PodFailed"), rejected("OutOfcpu", said), false},
		"evicted, and not rejected":      {task(), rejected("Evicted", "The node was low on resource: memory. "), false},
		"its node is gone":               {task(), rejected("NodeLost", ""), false},
		"for no reason that is known":    {task(), rejected("", ""), false},
		"its time was over":              {task(), rejected("DeadlineExceeded", ""), false},
		"the Sandbox keeps it":           {task().Annotation("agents.x-k8s.io/keep-ended-pod", "true"), rejected("OutOfcpu", said), false},
		"in a pool, which replaces both": {task().Pool(builder.MakePool("p").Template("t").Obj()), rejected("OutOfcpu", said), false},
	} {
		t.Run(name, func(t *testing.T) {
			stripped := tc.pod.Obj().DeepCopy()
			stripped.Status.InitContainerStatuses = rules.KeptContainers(stripped.Status.Phase, stripped.Status.InitContainerStatuses)
			stripped.Status.ContainerStatuses = rules.KeptContainers(stripped.Status.Phase, stripped.Status.ContainerStatuses)
			for _, pod := range []*corev1.Pod{tc.pod.Obj(), stripped} {
				sandbox := tc.sandbox.Obj().DeepCopy()
				status := rules.SandboxStatus(sandbox, rules.Observed{Pods: []*corev1.Pod{pod}}, later)
				if got := status.Replacements != nil; got != tc.replaced || (told(status, "Finished") == "") != tc.replaced {
					t.Errorf("replaced: %t, Finished: %s", got, told(status, "Finished"))
				}
				sandbox.Status = status
				if _, got := rules.ReplacePodIn(sandbox, pod, later); got != tc.replaced {
					t.Errorf("at the next look, replaced: %t", got)
				}
				if again := rules.SandboxStatus(sandbox, rules.Observed{Pods: []*corev1.Pod{pod}}, later.Add(time.Second)); rules.SandboxStatusChanged(sandbox, again) {
					t.Errorf("a second look would write again:\n%s", cmp.Diff(status, again))
				}
			}
		})
	}
}

// deadline returns the specification of a Pod that has a deadline.
func deadline() corev1.PodSpec {
	return corev1.PodSpec{ActiveDeadlineSeconds: new(int64(60)), Containers: []corev1.Container{{Name: "main", Image: builder.DefaultImage}}}
}

// The cache keeps no more of a Pod that has not failed, and of one that has, one container that started.
func TestKeptContainers(t *testing.T) {
	fine, done := runs("fine", 0, corev1.ContainerState{}, later), ends("done", 0, 0, "Completed")
	broken, stuck := ends("broken", 0, 1, "Error"), waits("stuck", "ErrImagePull", "no")
	for name, tc := range map[string]struct {
		phase    corev1.PodPhase
		statuses []corev1.ContainerStatus
		want     []string
	}{
		"it runs":                           {corev1.PodRunning, []corev1.ContainerStatus{fine, done}, nil},
		"it succeeded":                      {corev1.PodSucceeded, []corev1.ContainerStatus{done}, nil},
		"it failed, and its containers ran": {corev1.PodFailed, []corev1.ContainerStatus{fine, done}, []string{"fine"}},
		"one of them failed":                {corev1.PodFailed, []corev1.ContainerStatus{done, broken}, []string{"broken"}},
		"one of them waits":                 {corev1.PodFailed, []corev1.ContainerStatus{stuck, done}, []string{"stuck", "done"}},
		"none of them started":              {corev1.PodFailed, []corev1.ContainerStatus{waits("main", "", "")}, nil},
	} {
		var got []string
		for _, s := range rules.KeptContainers(tc.phase, tc.statuses) {
			got = append(got, s.Name)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
