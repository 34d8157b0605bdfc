package twomanagers

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// Every webhook configuration is deleted. Two managers that both believe to lead serve 500 claims on 300 Sandboxes, while an editor and
// an administrator try every write that the rules refuse. The policies alone keep what has to hold. With -short it is a third of that.
func TestWithoutWebhooks(t *testing.T) {
	sandboxes, n := 300, 500
	if testing.Short() {
		sandboxes, n = sandboxes/3, n/3
	}
	s := scene.Enter(t)
	removeWebhooks(t, s)
	s.Pool(t, "python", sandboxes)

	moves := readMoves(t)
	done := make(chan struct{})
	var attack sync.WaitGroup
	attackers := map[string]*attacker{}
	for i, user := range []string{"editor", "administrator"} {
		a := &attacker{
			client: map[string]client.Client{"editor": s.Editor, "administrator": s.Admin}[user], namespace: s.Namespace,
			dice: rand.New(rand.NewPCG(7, uint64(i))), refused: map[string]int{}, allowed: map[string]int{},
		}
		attackers[user] = a
		attack.Go(func() {
			if err := a.run(t.Context(), moves, done); err != nil {
				t.Errorf("the %s: %v", user, err)
			}
		})
	}
	burst := s.Claim(t, "python", n, "claim")
	s.AwaitReady(t, burst)
	close(done)
	attack.Wait()
	warm, cold, rebound := s.Count(burst)
	t.Logf("%d moves; %d warm, %d cold, %d bound again", len(moves), warm, cold, rebound)
	for user, a := range attackers {
		t.Logf("the %s:\n%s", user, a)
		if len(a.refused) < 5 {
			t.Errorf("the %s was refused by %d rules only", user, len(a.refused))
		}
	}
	s.History.Check(t)
	s.AwaitFull(t, "python", sandboxes)
	wantNoViolation(t, s)
}

// wantNoViolation waits until each manager has audited what is there now, and wants it to find nothing, and to have told nothing before.
func wantNoViolation(t *testing.T, s *scene.Scene) {
	t.Helper()
	now := float64(time.Now().Unix())
	for _, manager := range s.Managers(t) {
		var metrics testbed.Metrics
		audited := func(context.Context) (bool, error) {
			metrics = manager.ReadMetrics(t)
			return metrics.Sum("namesake_audit_last_timestamp_seconds") > now, nil
		}
		if err := wait.PollUntilContextTimeout(t.Context(), time.Second, 2*scene.Soon, true, audited); err != nil {
			t.Fatalf("a manager audits nothing: %v", err)
		}
		if found := metrics.Sum("namesake_audit_violations"); found != 0 || !metrics.Has("namesake_audit_violations") {
			t.Errorf("a manager's audit found %v violations", found)
		}
	}
	for _, note := range s.NotesOf(t, s.Namespace, "AuditViolation") {
		t.Errorf("event: %s", note)
	}
}

// removeWebhooks deletes the webhook configurations, and puts them back when the test ends. It waits until nobody asks the webhooks.
func removeWebhooks(t *testing.T, s *scene.Scene) {
	t.Helper()
	for _, kind := range []client.Object{&admissionv1.MutatingWebhookConfiguration{}, &admissionv1.ValidatingWebhookConfiguration{}} {
		if err := s.Admin.Get(t.Context(), client.ObjectKey{Name: "namesake"}, kind); err != nil {
			t.Fatal(err)
		}
		if err := s.Admin.Delete(t.Context(), kind.DeepCopyObject().(client.Object)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			kind.SetResourceVersion("")
			kind.SetUID("")
			if err := s.Admin.Create(context.Background(), kind); err != nil {
				t.Error(err)
			}
		})
	}
	unasked := func(ctx context.Context) (bool, error) {
		sandbox := builder.MakeSandbox("unstamped").Namespace(s.Namespace).Obj() // A webhook would write its Pod's name on it.
		err := s.Admin.Create(ctx, sandbox, client.DryRunAll)
		return err == nil && len(sandbox.Annotations) == 0, client.IgnoreNotFound(err)
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, scene.Soon, true, unasked); err != nil {
		t.Fatalf("the webhooks are still asked: %v", err)
	}
}
