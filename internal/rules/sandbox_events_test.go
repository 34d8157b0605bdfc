package rules_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Each change of a Sandbox gives one event, and a second look at the same gives none.
func TestSandboxEvents(t *testing.T) {
	sandbox := func() *builder.SandboxWrapper { return builder.MakeSandbox("a") }
	member := func() *builder.SandboxWrapper { return sandbox().Pool(builder.MakePool("p").Template("t").Obj()) }
	ready, pending := builder.MakePod("a").Ready(), builder.MakePod("a").Phase(corev1.PodPending)
	never := func(phase corev1.PodPhase) *builder.PodWrapper {
		return builder.MakePod("a").RestartPolicy(corev1.RestartPolicyNever).Phase(phase)
	}
	refused := rules.Observed{PodUnknown: true, Err: rules.PodCreationError("a", errors.New("over quota"))}
	reworded := rules.Observed{PodUnknown: true, Err: rules.PodCreationError("a", errors.New("over another quota"))}
	of := func(pods ...*builder.PodWrapper) rules.Observed {
		var observed rules.Observed
		for _, pod := range pods {
			observed.Pods = append(observed.Pods, pod.Obj())
		}
		return observed
	}
	const failed = `Warning SandboxPodCreateFailed PodCreation: creating Pod "a": over quota`
	for name, tc := range map[string]struct {
		sandbox  *builder.SandboxWrapper
		before   []rules.Observed // what was observed before
		observed rules.Observed
		want     []string
	}{
		"it starts":                      {sandbox(), nil, of(pending), nil},
		"it turns Ready":                 {sandbox(), []rules.Observed{of(pending)}, of(ready), []string{"Normal SandboxReady Reconciling: Pod is Ready"}},
		"it is Ready at first":           {sandbox(), nil, of(ready), []string{"Normal SandboxReady Reconciling: Pod is Ready"}},
		"it was Ready":                   {sandbox(), []rules.Observed{of(ready)}, of(pending), nil},
		"its Pod is refused":             {sandbox(), []rules.Observed{of(pending)}, refused, []string{failed}},
		"its Pod is refused at first":    {sandbox(), nil, refused, []string{failed}},
		"its Pod is refused, reworded":   {sandbox(), []rules.Observed{refused}, reworded, nil},
		"its volume is refused":          {sandbox(), nil, rules.Observed{Err: errors.New("over quota")}, nil},
		"it succeeds":                    {sandbox(), []rules.Observed{of(ready)}, of(never("Succeeded")), []string{"Normal PodSucceeded Reconciling: Pod completed successfully"}},
		"it fails":                       {sandbox(), []rules.Observed{of(ready)}, of(never("Failed")), []string{"Warning PodFailed Reconciling: Pod failed"}},
		"its Pod is evicted":             {sandbox(), []rules.Observed{of(ready)}, of(builder.MakePod("a").Failed("Evicted", "full")), []string{"Warning PodFailed Reconciling: Pod failed: Evicted: full"}},
		"its Pod is deleted":             {sandbox(), []rules.Observed{of(ready)}, of(builder.MakePod("a").Ready().Deleting()), nil},
		"it has two Pods":                {sandbox(), nil, of(ready, builder.MakePod("b")), []string{"Warning MultiplePods Reconciling: multiple Pods (2) are controlled by this Sandbox; refusing to choose or create a Pod"}},
		"it is suspended":                {sandbox().OperatingMode(sandboxv1.OperatingModeSuspended), []rules.Observed{of(ready)}, of(), []string{"Normal SandboxSuspended Suspension: Sandbox is suspended"}},
		"it is being suspended":          {sandbox().OperatingMode(sandboxv1.OperatingModeSuspended), nil, of(ready), nil},
		"it expires, and stays":          {sandbox().ShutdownTime(later), nil, of(ready), []string{"Normal SandboxExpired Expiry: Sandbox has expired"}},
		"it expires, and is deleted":     {sandbox().ShutdownTime(later).ShutdownPolicy(sandboxv1.ShutdownPolicyDelete), nil, of(ready), nil},
		"a member turns Ready":           {member(), []rules.Observed{of(pending)}, of(ready), nil},
		"a member succeeds":              {member(), []rules.Observed{of(ready)}, of(never("Succeeded")), nil},
		"a member fails":                 {member(), []rules.Observed{of(ready)}, of(never("Failed")), []string{"Warning PodFailed Reconciling: Pod failed"}},
		"the Pod of a member is refused": {member(), nil, refused, []string{failed}},
	} {
		t.Run(name, func(t *testing.T) {
			obj := tc.sandbox.Obj()
			for _, observed := range tc.before {
				obj.Status = rules.SandboxStatus(obj, observed, later)
			}
			status := rules.SandboxStatus(obj, tc.observed, later)
			if diff := cmp.Diff(tc.want, eventsOf(obj, status, tc.observed)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			obj.Status = status
			if again := eventsOf(obj, rules.SandboxStatus(obj, tc.observed, later), tc.observed); again != nil {
				t.Errorf("a second look gives %v", again)
			}
		})
	}
}

func eventsOf(before *sandboxv1.Sandbox, after sandboxv1.SandboxStatus, observed rules.Observed) []string {
	var told []string
	for _, e := range rules.SandboxEvents(before, after, observed) {
		told = append(told, e.Type+" "+e.Reason+" "+e.Action+": "+e.Note)
	}
	return told
}

// A refusal of what another spec asks for is another refusal.
func TestARefusalOfAnotherSpec(t *testing.T) {
	refused := rules.Observed{PodUnknown: true, Err: rules.PodCreationError("a", errors.New("over quota"))}
	obj := builder.MakeSandbox("a").Generation(1).Obj()
	obj.Status = rules.SandboxStatus(obj, refused, later)
	obj.Generation = 2
	if got := eventsOf(obj, rules.SandboxStatus(obj, refused, later), refused); len(got) != 1 {
		t.Errorf("events: %v, want one", got)
	}
}
