package reconcile

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A Sandbox tells of its Pod, of its readiness, its suspension and its end, each once.
func TestEventsOfASandbox(t *testing.T) {
	s := newStory(t)
	s.ready(t)
	s.Step(t, s.sandbox)
	expectEvents(t, s.Namespace, `Normal SandboxPodCreated Created Pod "my-sandbox"`, "Normal SandboxReady Pod is Ready")
	s.evict(t)
	s.Step(t, s.sandbox)
	expectEvents(t, s.Namespace, "Warning PodFailed Pod failed: Evicted: "+full, `Normal SandboxPodCreated Created Pod "my-sandbox"`)
	operate(t, s.Namespace, "my-sandbox", sandboxv1.OperatingModeSuspended)
	s.Step(t, s.sandbox)
	s.Step(t, s.sandbox)
	expectEvents(t, s.Namespace, "Normal SandboxSuspended Sandbox is suspended")
	expireAt(t, s.Namespace, "my-sandbox", s.Clock.Now())
	s.Step(t, s.sandbox)
	s.Step(t, s.sandbox)
	expectEvents(t, s.Namespace, "Normal SandboxExpired Sandbox has expired")
}

// A Pod that is refused is told once, also by a manager that tries again.
func TestEventsOfARefusedSandbox(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Containers(mounting("workspace")).Obj())
	n.Step(t, sandbox)
	n.Step(t, sandbox)
	expectEvents(t, n, `Warning SandboxPodCreateFailed creating Pod "my-sandbox": Pod "my-sandbox" is invalid: `+
		`spec.containers[0].volumeMounts[0].name: Not found: "workspace"`)
}

// A member of a pool tells nothing as long as all goes well, nor when a claim takes it.
func TestEventsOfAMember(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	warm := n.Member(t, pool, "aaaaa")
	n.Step(t, warm)
	n.RunPod(t, warm.Name)
	n.Step(t, warm)
	n.AwaitOffer(t, pool, true)
	expectEvents(t, n)
	n.Step(t, suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj()))
	n.Step(t, warm)
	expectEvents(t, n, `Normal SandboxAdopted Adopted warm pool Sandbox "`+warm.Name+`"`)
	n.PatchPodStatus(t, warm.Name, func(status *corev1.PodStatus) { status.Phase, status.Reason = corev1.PodFailed, "Evicted" })
	n.Step(t, warm)
	expectEvents(t, n, "Warning PodFailed Pod failed: Evicted")
}

// A manager writes events about Sandboxes unless it is told not to. The quiet manager runs first, as in
// TestAManagerThatIsQuietAboutClaims.
func TestAManagerThatIsQuietAboutSandboxes(t *testing.T) {
	quiet, other := suite.New(t), suite.New(t)
	for _, n := range []*suite.Namespace{quiet, other} {
		n.Run(t, func(o *controllers.Options) { o.DisableSandboxEvents = n == quiet })
		suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())
		suite.Await(t, "it has its Pod", func() bool {
			return suite.Get[sandboxv1.Sandbox](t, n, "mine").Status.PodUID != ""
		})
	}
	suite.Await(t, "the event is there", func() bool { return about(t, other, sandboxv1.KindSandbox)["SandboxPodCreated mine"] })
	if said := about(t, quiet, sandboxv1.KindSandbox); len(said) > 0 {
		t.Errorf("the quiet one says %v", said)
	}
}
