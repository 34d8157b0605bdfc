package scene

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
)

// Burst is a number of claims that were created at once.
type Burst struct {
	mu sync.Mutex
	// sent is when each claim was created, at its last try.
	sent map[types.UID]time.Time
	// Retries is how often the API server refused a claim because no manager answered in time.
	Retries int
}

// Claim creates n claims on pool at once, as the editor: half of them with a generateName, as the SDKs do, and half with names
// of their own. It retries a claim that is refused because no manager answered the API server. Claim may run in parallel to
// the test: on an error it marks the test as failed and returns.
func (s *Scene) Claim(t *testing.T, pool string, n int, series string) *Burst {
	t.Helper()
	b := &Burst{sent: map[types.UID]time.Time{}}
	start := make(chan struct{})
	var users sync.WaitGroup
	for i := range n {
		users.Go(func() {
			claim := builder.MakeClaim(fmt.Sprintf("%s-%03d", series, i)).Namespace(s.Namespace).Pool(pool)
			if i%2 == 0 {
				claim.GenerateName(fmt.Sprintf("%s-%03d-", series, i))
			}
			<-start
			if err := b.create(t.Context(), s.Editor, claim.Obj()); err != nil {
				t.Errorf("creating claim %d of %q: %v", i, series, err)
			}
		})
	}
	close(start)
	users.Wait()
	return b
}

// create creates the claim. An internal error means that a webhook was not answered, so nothing was stored.
func (b *Burst) create(ctx context.Context, c client.Client, claim *extensionsv1.SandboxClaim) error {
	return wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, Long, true, func(ctx context.Context) (bool, error) {
		sent, created := time.Now(), claim.DeepCopy()
		err := c.Create(ctx, created)
		b.mu.Lock()
		defer b.mu.Unlock()
		switch {
		case apierrors.IsInternalError(err):
			b.Retries++
			return false, nil
		case err != nil:
			return false, err
		}
		b.sent[created.UID] = sent
		return true, nil
	})
}

// AwaitReady waits until every claim of the burst is Ready, and until its Sandbox was seen to be the claim's, which another watch tells.
func (s *Scene) AwaitReady(t *testing.T, b *Burst) {
	t.Helper()
	if t.Failed() {
		t.FailNow()
	}
	s.History.Await(t, Long, func(h *history.History) string {
		missing, reasons := 0, map[string]int{}
		for uid := range b.sent {
			if claim := h.Claims[uid]; claim == nil || !claim.Ready() {
				missing++
				if claim != nil {
					reasons[claim.Reason()]++
				}
			}
		}
		if missing == 0 {
			return ""
		}
		return fmt.Sprintf("%d of %d claims are not Ready, by reason: %v", missing, len(b.sent), reasons)
	})
	s.History.Await(t, Soon, func(h *history.History) string {
		for uid := range b.sent {
			if h.Of(h.Claims[uid]) == nil {
				return fmt.Sprintf("claim %s is Ready, and no Sandbox is its own", h.Claims[uid].Latest.Name)
			}
		}
		return ""
	})
}

// Count returns how many claims of the burst, which are Ready, got a warm Sandbox, how many a cold one, and how many were bound
// more than once.
func (s *Scene) Count(b *Burst) (warm, cold, rebound int) {
	s.History.Look(func(h *history.History) {
		for uid := range b.sent {
			claim := h.Claims[uid]
			if len(claim.Bindings) > 1 {
				rebound++
			}
			if h.Of(claim).Warm() {
				warm++
			} else {
				cold++
			}
		}
	})
	return warm, cold, rebound
}

// LogLatency logs how long the claims took, from their creation until they were seen Ready.
func (s *Scene) LogLatency(t *testing.T, b *Burst) {
	t.Helper()
	var took []time.Duration
	s.History.Look(func(h *history.History) {
		for uid, sent := range b.sent {
			took = append(took, h.Claims[uid].ReadyAt.Sub(sent))
		}
	})
	slices.Sort(took)
	at := func(percent int) time.Duration {
		return took[min(len(took)*percent/100, len(took)-1)].Round(time.Millisecond)
	}
	t.Logf("%d claims, asked for until Ready: p50 %s, p90 %s, p99 %s, longest %s", len(took), at(50), at(90), at(99), at(100))
}
