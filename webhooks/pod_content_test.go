package webhooks

import (
	"errors"
	"testing"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// The cache may not know yet that a Sandbox has left its pool. What is not in the Pod needs no look at the Sandbox.
func TestPodValidatorReadsLiveOfPools(t *testing.T) {
	pooled := builder.MakeSandbox("pooled").Pool(builder.MakePool("p").Obj())
	warm, claimed := pooled.Obj(), pooled.ClaimedBy(builder.MakeClaim("c").Obj()).Obj()
	pod := func() *builder.PodWrapper { return builder.MakePod("pooled").ControlledBy(warm) }
	for name, tc := range map[string]struct {
		cached, live *sandboxv1.Sandbox
		pod          *builder.PodWrapper
		want         string
		asked, read  int
	}{
		"in the pool":           {warm, warm, pod().Image("evil"), "403", 1, 1},
		"it has just left it":   {warm, claimed, pod().Image("evil"), "allowed", 1, 1},
		"it left it long ago":   {claimed, claimed, pod().Image("evil"), "allowed", 1, 0},
		"where it may run":      {warm, warm, pod().NodeSelector("zone", "a"), "allowed", 0, 0},
		"a label of the user's": {warm, warm, pod().Label("app", "x"), "allowed", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			cache, live := shelfOf(tc.cached), shelfOf(tc.live)
			v := &podValidator{sandboxes: sandboxes{cache: cache, live: live}, actor: actorOf}
			if got := answer(v.Handle(t.Context(), request(t, someUser, pod().Obj(), tc.pod.Obj()))); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if cache.asked != tc.asked || live.asked != tc.read {
				t.Errorf("it asked the cache %d times and read %d times, want %d and %d", cache.asked, live.asked, tc.asked, tc.read)
			}
		})
	}
	t.Run("the look-up fails", func(t *testing.T) {
		v := &podValidator{sandboxes: sandboxes{cache: shelfOf(), live: &shelf{err: errors.New("lost")}}, actor: actorOf}
		if got := answer(v.Handle(t.Context(), request(t, someUser, pod().Obj(), pod().Image("evil").Obj()))); got != "500" {
			t.Errorf("got %s", got)
		}
	})
}
