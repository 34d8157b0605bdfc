package reconcile

import (
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// A quota takes a part of a pool's batch. What is on its way when one is refused is stored all the same, and counts: the pool has
// as many Sandboxes as the quota allows, and, with more room, as many as it asks for.
func TestAQuotaTakesAPartOfABatch(t *testing.T) {
	const replicas = 20
	for _, hard := range []int{0, 5, 17} {
		t.Run(fmt.Sprintf("%d of %d", hard, replicas), func(t *testing.T) {
			s := newPoolStory(t, replicas, recreate)
			s.r.Settings.Refill.Probes = 0 // The whole batch goes at once.
			s.quota(t, fmt.Sprint(hard), "0")
			for range 3 {
				if _, err := s.try(t); !apierrors.IsForbidden(err) {
					t.Fatalf("got %v, want what the API server said", err)
				}
				if got := len(s.members(t)); got > hard {
					t.Fatalf("the pool has %d members, and the quota is %d", got, hard)
				}
				if result := s.step(t); result.RequeueAfter <= 0 { // It is held.
					t.Fatal("nothing would try again")
				}
				s.now = s.now.Add(time.Second)
			}
			if got := len(s.members(t)); got != hard {
				t.Errorf("the pool has %d members, and the quota allows %d", got, hard)
			}
			s.quota(t, "100", fmt.Sprint(hard))
			for range 3 {
				s.step(t)
			}
			if got := len(s.members(t)); got != replicas {
				t.Errorf("with room for 100 the pool has %d members, want %d", got, replicas)
			}
		})
	}
}
