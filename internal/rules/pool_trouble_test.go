package rules_test

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// A pool says why its Sandboxes do not become Ready, for one of them and without its name, as long as they start and when they are
// overdue.
func TestAPoolSaysWhy(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Replicas(3).Obj()
	edition := rules.NewTemplateSnapshot(builder.MakeTemplate("t").Obj())
	member := func(name, reason, message string) *builder.SandboxWrapper {
		return builder.MakeSandbox(name).Pool(pool).CreatedAt(builder.Epoch).Conditions(
			metav1.Condition{Type: "Ready", Status: "False", Reason: reason, Message: message, LastTransitionTime: metav1.NewTime(builder.Epoch)},
			metav1.Condition{Type: "PodScheduled", Status: "True", LastTransitionTime: metav1.NewTime(builder.Epoch)})
	}
	const pulls = `Pod exists with phase: Pending; container "main": ImagePullBackOff: not found`
	for name, tc := range map[string]struct {
		members []*builder.SandboxWrapper
		after   time.Duration
		want    string
	}{
		"they start": {
			[]*builder.SandboxWrapper{member("p-aaaaa", "DependenciesNotReady", "Pod exists with phase: Pending"), builder.MakeSandbox("p-bbbbb").Pool(pool).Ready()},
			0, "PoolFilling: 2 of 3 Sandboxes are not Ready yet",
		},
		"one has trouble": {
			[]*builder.SandboxWrapper{member("p-aaaaa", "DependenciesNotReady", "Pod exists with phase: Pending"), member("p-bbbbb", "DependenciesNotReady", pulls)},
			0, `PoolFilling: 3 of 3 Sandboxes are not Ready yet: container "main": ImagePullBackOff: not found`,
		},
		"they are overdue": {
			[]*builder.SandboxWrapper{member("p-aaaaa", "DependenciesNotReady", pulls), member("p-bbbbb", "DependenciesNotReady", pulls)}, 5 * time.Minute,
			`SandboxesNotReady: 2 of 3 Sandboxes have not been Ready for longer than the grace period of 5m0s: 2 are replaced, 0 wait for a node: ` +
				`container "main": ImagePullBackOff: not found`,
		},
		"the trouble names the member": {
			[]*builder.SandboxWrapper{member("p-aaaaa", "DependenciesNotReady", `Pod exists with phase: Pending; init container "i": CreateContainerError: name of p-aaaaa is taken`)},
			0, `PoolFilling: 3 of 3 Sandboxes are not Ready yet: init container "i": CreateContainerError: name of p-* is taken`,
		},
		"one is Ready by now": {
			[]*builder.SandboxWrapper{member("p-aaaaa", "DependenciesNotReady", pulls).Ready()}, 0, "PoolFilling: 2 of 3 Sandboxes are not Ready yet",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var members []*sandboxv1.Sandbox
			for _, m := range tc.members {
				members = append(members, m.Obj())
			}
			now := builder.Epoch.Add(tc.after)
			status := rules.PoolStatus(pool, rules.PlanPool(pool, edition, members, nil, settings, now), nil, now)
			progress := meta.FindStatusCondition(status.Conditions, "Progressing")
			if got := progress.Reason + ": " + progress.Message; got != tc.want {
				t.Errorf("it says:\n%s\nwant:\n%s", got, tc.want)
			}
		})
	}
}
