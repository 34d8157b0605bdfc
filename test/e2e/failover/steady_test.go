package failover

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/bench/load/schedule"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

const (
	// rate is how many claims come in a second, and duration for how long.
	rate     = 20
	duration = 6 * time.Second
	// killedAfter is when the leader is killed.
	killedAfter = 2 * time.Second
	// longestWait is how long a claim waits at most then, on a machine that is not busy.
	longestWait = 2 * time.Second
	// longestBar is the length of the longest bar of the plot.
	longestBar = 60
)

// arrival is a claim of a steady stream.
type arrival struct {
	planned time.Time
	uid     types.UID
	took    time.Duration
}

// claimsSurviveTheLeader kills the leader under a steady stream of claims. The other manager binds and serves them: no claim
// waits for the election.
func claimsSurviveTheLeader(t *testing.T, s *scene.Scene, managers []*testbed.Manager) {
	t.Helper()
	s.Pool(t, "steady", rate*int(duration.Seconds())+rate)
	killed := leader(t, managers)
	streamed := make(chan []*arrival, 1)
	go func() { streamed <- stream(t, s) }()
	s.History.Await(t, scene.Long, func(h *history.History) string {
		if h.Claim(name(rate*int(killedAfter.Seconds()))) == nil {
			return "the claim at which the leader is killed has not come in"
		}
		return ""
	})
	killed.Kill(t)
	arrivals := <-streamed
	if t.Failed() {
		t.FailNow()
	}
	s.History.Await(t, scene.Long, func(h *history.History) string {
		missing := 0
		for _, a := range arrivals {
			if claim := h.Claims[a.uid]; claim == nil || !claim.Ready() {
				missing++
			}
		}
		if missing == 0 {
			return ""
		}
		return fmt.Sprintf("%d of %d claims are not Ready", missing, len(arrivals))
	})
	longest := time.Duration(0)
	s.History.Look(func(h *history.History) {
		for _, a := range arrivals {
			a.took = h.Claims[a.uid].ReadyAt.Sub(a.planned)
			longest = max(longest, a.took)
		}
	})
	plot(t, arrivals)
	t.Logf("the longest of %d claims took %s; %s are promised", len(arrivals), longest.Round(time.Millisecond), longestWait)
	if longest > 3*longestWait {
		t.Errorf("a claim took %s, want %s", longest, longestWait)
	}
	killed.Start(t)
	killed.AwaitReady(t)
	s.History.Check(t)
}

func name(i int) string { return fmt.Sprintf("steady-%03d", i) }

// stream creates claims at their planned times, whether those before have been answered or not.
func stream(t *testing.T, s *scene.Scene) []*arrival {
	t.Helper()
	offsets := schedule.Rate(rate, duration)
	arrivals := make([]*arrival, len(offsets))
	schedule.Run(t.Context(), offsets, func(i int, due time.Time) {
		claim := builder.MakeClaim(name(i)).Namespace(s.Namespace).Pool("steady").Obj()
		if err := create(t.Context(), s, claim); err != nil {
			t.Errorf("creating claim %d: %v", i, err)
		}
		arrivals[i] = &arrival{planned: due, uid: claim.UID}
	})
	return arrivals
}

// create creates claim, and tries again while no manager answers the API server.
func create(ctx context.Context, s *scene.Scene, claim *extensionsv1.SandboxClaim) error {
	return wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, scene.Long, true, func(ctx context.Context) (bool, error) {
		err := s.Editor.Create(ctx, claim)
		return err == nil, ignoreUnanswered(err)
	})
}

func ignoreUnanswered(err error) error {
	if apierrors.IsInternalError(err) {
		return nil
	}
	return err
}

// plot prints how long claims waited, the longest of each quarter of a second.
func plot(t *testing.T, arrivals []*arrival) {
	t.Helper()
	const width = 250 * time.Millisecond
	var lines []string
	for from := time.Duration(0); from < duration; from += width {
		longest := time.Duration(0)
		for _, a := range arrivals {
			if at := a.planned.Sub(arrivals[0].planned); at >= from && at < from+width {
				longest = max(longest, a.took)
			}
		}
		bar := strings.Repeat("#", int(min(longestBar, longest*longestBar/longestWait)))
		lines = append(lines, fmt.Sprintf("%5.2f s %6d ms %s", from.Seconds(), longest.Milliseconds(), bar))
	}
	t.Logf("%d claims a second, the leader killed after %s; the longest wait by time of arrival:\n%s", rate, killedAfter, strings.Join(lines, "\n"))
}
