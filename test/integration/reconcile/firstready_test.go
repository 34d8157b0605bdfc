package reconcile

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/sandboxclaim"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// took is how long the claims of these tests take. It is whole seconds, since the clock of these tests also sets the times in
// statuses.
const took = 2 * time.Second

// startups returns the sum and the number of startups that were measured.
func startups(t *testing.T, m *metrics.Claims) map[string]float64 {
	t.Helper()
	found := map[string]float64{}
	for key, value := range suite.Measured(t, m) {
		if name, ok := strings.CutPrefix(key, "agent_sandbox_claim_controller_startup_latency_ms_"); ok {
			found[name] = value
		}
	}
	return found
}

// once is the measurement of one startup of a warm claim.
var once = map[string]float64{"count launch_type=warm sandbox_template=python": 1, "sum launch_type=warm sandbox_template=python": 2000}

// stepped lets r reconcile the current claim "mine" once.
func stepped(t *testing.T, n *suite.Namespace, r *sandboxclaim.Reconciler) time.Duration {
	t.Helper()
	n.Settle(t)
	result, err := r.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxClaim](t, n, "mine"))
	if err != nil {
		t.Fatal(err)
	}
	if suite.Soon(result) {
		return time.Second
	}
	return result.RequeueAfter
}

// manager returns the claim reconciler of a separate manager.
func manager(n *suite.Namespace, c client.Client) *sandboxclaim.Reconciler {
	r := n.Claims(c)
	r.Metrics = metrics.NewClaims()
	return r
}

// warmClaim creates the claim "mine" and the warm Sandbox that it is bound to, and lets time pass. It returns the time of the
// creation.
func warmClaim(t *testing.T, n *suite.Namespace) time.Time {
	t.Helper()
	n.Offered(t, n.Pool(t, "python"), "aaaaa")
	suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	n.Clock.Step(took)
	return n.Clock.Now()
}

func firstReadyAt(t *testing.T, n *suite.Namespace) string {
	t.Helper()
	return suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Annotations[sandboxv1.AnnotationClaimFirstReadyAt]
}

// The write of the status measures, and tells when the claim was first Ready. No other write does.
func TestAStartupIsMeasuredOnce(t *testing.T) {
	n := suite.New(t)
	warmClaim(t, n)
	r := manager(n, n.Cached)
	stepped(t, n, r)
	before := suite.Writes(t)
	n.Clock.Step(time.Second)
	for range 3 {
		stepped(t, n, r)
	}
	before.Expect(t, suite.Writes, suite.Counts{})
	if diff := cmp.Diff(once, startups(t, r.Metrics)); diff != "" {
		t.Errorf("startups (-want +got):\n%s", diff)
	}
	want := map[string]float64{
		"agent_sandbox_claim_creation_total created_by=unknown launch_type=warm namespace=" + n.Name + " pod_condition=ready sandbox_template=python warmpool_name=python": 1,
	}
	got := suite.Measured(t, r.Metrics)
	for key := range got {
		if strings.Contains(key, "latency") {
			delete(got, key)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("provisions (-want +got):\n%s", diff)
	}
}

// What a claim adds to its Pod changes the Sandbox, which is not Ready again yet when the adoption returns. The Sandbox was
// Ready when the claim got it, and that is what counts.
func TestAWarmSandboxWithAdditionsCountsAsReady(t *testing.T) {
	n := suite.New(t)
	n.Offered(t, n.Pool(t, "python"), "aaaaa")
	suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").PodLabel(team, "blue").Obj())
	r := manager(n, n.Cached)
	stepped(t, n, r)
	want := map[string]float64{
		"agent_sandbox_claim_creation_total created_by=unknown launch_type=warm namespace=" + n.Name + " pod_condition=ready sandbox_template=python warmpool_name=python": 1,
	}
	if diff := cmp.Diff(want, suite.Measured(t, r.Metrics)); diff != "" {
		t.Errorf("measured (-want +got):\n%s", diff)
	}
}

// Of two managers that both reconcile, the one that wrote the status measures.
func TestAnotherManagerMeasuresNothing(t *testing.T) {
	n := suite.New(t)
	warmClaim(t, n)
	winner := manager(n, n.Cached)
	loser := manager(n, suite.Before(n.Cached, suite.Once[*extensionsv1.SandboxClaim]("patch/status", func() { stepped(t, n, winner) })))
	for range 2 {
		stepped(t, n, loser)
	}
	if got := startups(t, loser.Metrics); len(got) > 0 {
		t.Errorf("the loser measured %v", got)
	}
	if diff := cmp.Diff(once, startups(t, winner.Metrics)); diff != "" {
		t.Errorf("startups of the winner (-want +got):\n%s", diff)
	}
}

func TestWithoutNotesTheStatusMeasures(t *testing.T) {
	n := suite.New(t)
	warmClaim(t, n)
	r := manager(n, n.Cached)
	r.DisableAnnotations = true
	stepped(t, n, r)
	if diff := cmp.Diff(once, startups(t, r.Metrics)); diff != "" {
		t.Errorf("startups (-want +got):\n%s", diff)
	}
	before := suite.Writes(t)
	for range 2 {
		stepped(t, n, r)
		n.Clock.Step(time.Minute)
	}
	before.Expect(t, suite.Writes, suite.Counts{})
	if diff := cmp.Diff(once, startups(t, r.Metrics)); diff != "" {
		t.Errorf("startups after more passes (-want +got):\n%s", diff)
	}
}

// A claim that stops being Ready notes when it was first Ready, and does not measure again when it is Ready again.
func TestAClaimThatIsReadyTwice(t *testing.T) {
	n := suite.New(t)
	ready := warmClaim(t, n)
	r := manager(n, n.Cached)
	stepped(t, n, r)
	turn := func(status metav1.ConditionStatus) {
		t.Helper()
		n.Clock.Step(time.Minute)
		sandbox := suite.Get[sandboxv1.Sandbox](t, n, suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Sandbox.Name)
		base := sandbox.DeepCopy()
		meta.FindStatusCondition(sandbox.Status.Conditions, sandboxv1.ConditionReady).Status = status
		if err := n.Controller.Status().Patch(t.Context(), sandbox, client.MergeFrom(base)); err != nil {
			t.Fatal(err)
		}
		stepped(t, n, r)
	}
	turn("False")
	if got, want := firstReadyAt(t, n), ready.UTC().Format(time.RFC3339Nano); got != want {
		t.Errorf("noted %q, want %q", got, want)
	}
	before := suite.Writes(t)
	turn("True")
	turn("False")
	if got := suite.Writes(t).Since(before)["PATCH sandboxclaims"]; got > 0 {
		t.Errorf("noted %d times more", got)
	}
	if diff := cmp.Diff(once, startups(t, r.Metrics)); diff != "" {
		t.Errorf("startups (-want +got):\n%s", diff)
	}
}
