package node

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	// users is the number of users who write in parallel. Each writes to a separate Sandbox, one write after the other.
	users = 20
	// pause is the time between two writes of a user, if the answers come sooner. All users together must reach a rate of at
	// least lowest writes a second.
	pause  = 500 * time.Millisecond
	lowest = 20.0
	// longest is the time after which a stream ends by itself.
	longest = 8 * time.Minute
	// retried is how long a failed write is retried.
	retried = 5 * time.Second
	// answered is how long a write waits for its answer.
	answered = 20 * time.Second
)

// stream is a steady stream of writes that must pass admission. A write that fails counts as failed even if a retry succeeds.
type stream struct {
	node   *node
	cancel context.CancelFunc
	writes sync.WaitGroup
	began  time.Time

	mu sync.Mutex
	// sent counts all writes, failed those that failed at first, and lost those that failed on every try.
	sent, failed, lost int
	slowest            time.Duration
	// first and last are the times of the first and the last failure since the stream began.
	first, last time.Duration
	errors      map[string]int
}

// stream starts a stream.
func (n *node) stream(t *testing.T) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	s := &stream{node: n, cancel: cancel, errors: map[string]int{}}
	t.Cleanup(func() {
		cancel()
		s.writes.Wait()
		for user := range users {
			_ = n.Delete(context.Background(), streamed(user))
		}
	})
	for user := range users {
		if err := n.Create(t.Context(), streamed(user)); err != nil {
			t.Fatal(err)
		}
	}
	s.began = time.Now()
	for user := range users {
		s.writes.Go(func() {
			ticker := time.NewTicker(pause)
			defer ticker.Stop()
			for i := user; ; i++ { // Each user begins with another kind of write.
				s.send(context.WithoutCancel(ctx), user, i)
				select {
				case <-ctx.Done():
					return
				case <-ticker.C:
				}
			}
		})
	}
	return s
}

// streamed returns a user's Sandbox, without a Pod.
func streamed(user int) *sandboxv1.Sandbox {
	sandbox := sandboxNamed(fmt.Sprintf("stream-%d", user))
	sandbox.Spec.OperatingMode = sandboxv1.OperatingModeSuspended
	return sandbox
}

// send sends a write, and retries it if it failed.
func (s *stream) send(ctx context.Context, user, i int) {
	began := time.Now()
	err := s.write(ctx, user, i)
	ended := time.Now()
	var again error
	if err != nil {
		again = wait.PollUntilContextTimeout(ctx, retried/20, retried, false, func(ctx context.Context) (bool, error) {
			return s.write(ctx, user, i) == nil, nil
		})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	s.slowest = max(s.slowest, ended.Sub(began))
	if err != nil {
		if s.last = ended.Sub(s.began); s.failed == 0 {
			s.first = s.last
		}
		s.failed++
		s.errors[err.Error()]++
	}
	if again != nil {
		s.lost++
	}
}

// write changes a Sandbox, creates a Sandbox, or creates a claim, in turns. The creations are dry runs.
func (s *stream) write(ctx context.Context, user, i int) error {
	ctx, cancel := context.WithTimeout(ctx, answered)
	defer cancel()
	switch i % 3 {
	case 0:
		patch := fmt.Appendf(nil, `{"metadata":{"annotations":{"example.com/stream":"%d"}}}`, i)
		return s.node.Patch(ctx, streamed(user), client.RawPatch("application/merge-patch+json", patch))
	case 1:
		return s.node.Create(ctx, sandboxNamed(fmt.Sprintf("stream-%d-%d", user, i)), client.DryRunAll)
	default:
		claim := builder.MakeClaim(fmt.Sprintf("stream-%d-%d", user, i)).Namespace(namespace).Pool("stream").Obj()
		return s.node.Create(ctx, claim, client.DryRunAll)
	}
}

// end ends the stream, and logs its results.
func (s *stream) end(t *testing.T, during string) {
	t.Helper()
	s.cancel()
	s.writes.Wait()
	took := time.Since(s.began)
	rate := float64(s.sent) / took.Seconds()
	t.Logf("%s: %d guarded writes in %.1f s, %.1f a second: %d failed, %d of them although retried for %s; slowest %s",
		during, s.sent, took.Seconds(), rate, s.failed, s.lost, retried, s.slowest.Round(time.Millisecond))
	if s.failed > 0 {
		t.Logf("the first failed %.1f s after the beginning, the last %.1f s", s.first.Seconds(), s.last.Seconds())
	}
	for text, times := range s.errors {
		t.Logf("%4d times: %s", times, text)
	}
	if rate < lowest {
		t.Errorf("that is less than %.0f a second, and proves little", lowest)
	}
}

// mustNotFail checks that no write failed.
func (s *stream) mustNotFail(t *testing.T) {
	t.Helper()
	if s.failed > 0 {
		t.Errorf("%d of %d guarded writes failed", s.failed, s.sent)
	}
}

// sandboxNamed returns a running Sandbox without pool and claim.
func sandboxNamed(name string) *sandboxv1.Sandbox {
	sandbox := builder.MakeSandbox(name).Namespace(namespace).Image("localhost/toolbox:1").Obj()
	sandbox.Spec.PodTemplate.Spec.Containers[0].Args = []string{"serve"}
	sandbox.Spec.PodTemplate.Spec.TerminationGracePeriodSeconds = new(int64(1))
	return sandbox
}
