package endurance

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/bench/load/schedule"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

var (
	duration = flag.Duration("duration", 2*time.Minute, "how long claims come")
	rate     = flag.Int("rate", 5, "how many claims come in a second")
)

const (
	pool = "steady"
	// life is after how long a claim is released.
	life = 10 * time.Second
)

// Claims come and go at one pace: memory, goroutines, queues, files and series stay as they are. Then nobody wants anything: no
// reconcile, and no write but of Leases.
func TestEndurance(t *testing.T) {
	s := scene.Enter(t)
	managers := s.Managers(t)
	for _, m := range managers {
		if m.Raced(t) {
			t.Fatal("the managers were built with the race detector, which takes memory of its own: run this without --race")
		}
	}
	s.Pool(t, pool, *rate*int(life.Seconds()))
	ctx, end := context.WithCancel(t.Context())
	go func() {
		defer end()
		comeAndGo(t, s)
	}()
	judge(t, measure(ctx, t, managers))
	checkServed(t, s)
	s.DeleteClaims(t)
	s.AwaitFull(t, pool, *rate*int(life.Seconds()))
	checkRest(t, s, managers)
}

// comeAndGo creates claims at the rate, for the duration, and releases each after its life.
func comeAndGo(t *testing.T, s *scene.Scene) {
	t.Helper()
	offsets := schedule.Rate(*rate, *duration)
	alive := *rate * int(life.Seconds())
	claim := func(i int) *extensionsv1.SandboxClaim {
		return builder.MakeClaim(fmt.Sprintf("steady-%d", i)).Namespace(s.Namespace).Pool(pool).Obj()
	}
	schedule.Run(t.Context(), offsets, func(i int, _ time.Time) {
		if err := s.Editor.Create(t.Context(), claim(i)); err != nil {
			t.Errorf("creating claim %d: %v", i, err)
		}
		if i < alive {
			return
		}
		if err := s.Editor.Delete(t.Context(), claim(i-alive)); client.IgnoreNotFound(err) != nil {
			t.Errorf("releasing claim %d: %v", i-alive, err)
		}
	})
}

// checkServed fails t unless every claim got a Sandbox.
func checkServed(t *testing.T, s *scene.Scene) {
	t.Helper()
	s.History.Await(t, scene.Soon, func(h *history.History) string {
		missing := 0
		for _, c := range h.Claims {
			if !c.Gone && !c.Ready() {
				missing++
			}
		}
		if missing == 0 {
			return ""
		}
		return fmt.Sprintf("%d claims are not Ready", missing)
	})
	claims, served, warm := 0, 0, 0
	s.History.Look(func(h *history.History) {
		claims = len(h.Claims)
		for _, c := range h.Claims {
			if len(c.StatusUIDs) == 0 {
				continue
			}
			served++
			if sandbox := h.Sandboxes[c.StatusUIDs[0]]; sandbox != nil && sandbox.Warm() {
				warm++
			}
		}
	})
	t.Logf("%d claims in %s: %d got a Sandbox, %d of them a warm one", claims, *duration, served, warm)
	if served < claims {
		t.Errorf("%d claims got no Sandbox before they were released", claims-served)
	}
}
