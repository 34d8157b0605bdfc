package candidates

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestPickIsRemembered(t *testing.T) {
	index := filled(1)
	for _, turn := range []struct {
		name  string
		after time.Duration
		want  string
	}{
		{"the first", 0, "s-0"},
		{"another at once", 0, ""},
		{"another at the end of the time", ReservationTTL, ""},
		{"another after it", ReservationTTL + 1, "s-0"},
		{"and one more", ReservationTTL + 2, ""},
		{"the second is remembered as long", 2*ReservationTTL + 1, ""},
		{"and not longer", 2*ReservationTTL + 2, "s-0"},
	} {
		if got := index.Pick(byPool, start.Add(turn.after)); got != turn.want {
			t.Errorf("%s: %q, want %q", turn.name, got, turn.want)
		}
	}
}

func TestPickIsRememberedWhateverIsSeenMeanwhile(t *testing.T) {
	index := filled(1)
	index.Pick(byPool, start)
	for name, see := range map[string]func(){
		"it again":                func() { index.Observe(member("s-0", template).Obj()) },
		"it with another address": func() { index.Observe(member("s-0", template).PodIPs("10.0.0.9").Obj()) },
		"it not Ready, and Ready again": func() {
			index.Observe(member("s-0", template).Generation(2).Obj())
			index.Observe(member("s-0", template).Obj())
		},
		"it of another template": func() { index.Observe(member("s-0", newer).Obj()); index.Observe(member("s-0", template).Obj()) },
		"it gone, and back":      func() { index.Forget(key("s-0")); index.Observe(member("s-0", template).Obj()) },
	} {
		see()
		if index.Pick(byPool, start.Add(time.Second)) != "" {
			t.Errorf("it was picked again after the index saw %s", name)
		}
	}
	if got := index.Pick(byPool, start.Add(ReservationTTL+1)); got != "s-0" {
		t.Errorf("got %q, want it back on its shelf", got)
	}
}

func TestPickForgetsWhatIsGone(t *testing.T) {
	index := filled(1)
	index.Pick(byPool, start)
	index.Observe(member("s-0", template).ClaimedBy(byPool).Obj())
	if got := index.Pick(byPool, start.Add(ReservationTTL+1)); got != "" {
		t.Errorf("an adopted Sandbox was picked: %q", got)
	}
	if len(index.reserved.names)+len(index.reserved.endings) > 0 {
		t.Errorf("still remembered: %v", index.reserved)
	}
}

func TestPeekRemembersNothing(t *testing.T) {
	index := filled(20)
	for range 3 {
		peeked := index.Peek(byPool, start)
		if again := index.Peek(byPool, start); peeked == "" || again != peeked {
			t.Errorf("peeked %q, and then %q", peeked, again)
		}
		if picked := index.Pick(byPool, start); picked != peeked {
			t.Errorf("peeked %q and picked %q", peeked, picked)
		}
	}
	if got := New(0).Peek(byPool, start); got != "" {
		t.Errorf("peeked %q into nothing", got)
	}
}

func TestObserveClaim(t *testing.T) {
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		want  string
	}{
		"bound in another replica: its Sandbox is out of reach": {builder.MakeClaim("x").Pool("p").BoundTo("s-0"), ""},
		"not bound":            {builder.MakeClaim("x").Pool("p"), "s-0"},
		"bound to another":     {builder.MakeClaim("x").Pool("p").BoundTo("s-9"), "s-0"},
		"in another namespace": {builder.MakeClaim("x").Namespace("other").Pool("p").BoundTo("s-0"), "s-0"},
		"served long ago":      {builder.MakeClaim("x").Pool("p").BoundTo("s-0").StatusSandbox("s-0"), "s-0"},
	} {
		t.Run(name, func(t *testing.T) {
			index := filled(1)
			index.ObserveClaim(tc.claim.Obj(), start)
			if got := index.Pick(byPool, start.Add(time.Second)); got != tc.want {
				t.Errorf("picked %q, want %q", got, tc.want)
			}
			if got := index.Pick(byPool, start.Add(2*ReservationTTL)); got != "s-0" {
				t.Errorf("later: picked %q, want it back", got)
			}
		})
	}
	t.Run("before the Sandbox is seen", func(t *testing.T) {
		index := filled(0)
		index.ObserveClaim(builder.MakeClaim("x").Pool("p").BoundTo("s-0").Obj(), start)
		index.Observe(member("s-0", template).Obj())
		if got := index.Pick(byPool, start); got != "" {
			t.Errorf("picked %q", got)
		}
	})
}

// Two replicas that do not know of each other's picks seldom pick the same Sandbox at the same moment. Of a hundred,
// each picks ten, and they have no more in common than by chance.
func TestTwoReplicasPickDifferently(t *testing.T) {
	const trials, members, picks = 100, 100, 10
	same := 0
	for trial := range uint64(trials) {
		one, other := ordered(2*trial, members), ordered(2*trial+1, members)
		picked := map[string]bool{}
		for range picks {
			picked[one.Pick(byPool, start)] = true
		}
		for range picks {
			if picked[other.Pick(byPool, start)] {
				same++
			}
		}
	}
	if chance := trials * picks * picks / members; same > 3*chance/2 {
		t.Errorf("%d picks of %d were common to two replicas; by chance it were %d", same, trials*picks, chance)
	}
}

// A pick looks at one candidate, in a pool of ten thousand as in a pool of twenty. It skips the two cold names of the
// claim.
func TestPickDoesNotScan(t *testing.T) {
	for _, size := range []int{0, 1, 20, 10_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			s := newQueue(rules.CandidateGroup{}, nil)
			for i := range size {
				s.free.ReplaceOrInsert(newCandidate(builder.MakeSandbox(fmt.Sprintf("s-%05d", i)).Obj(), s, order{}))
			}
			looked := 0
			count := func(string) bool { looked++; return false }
			if got := first(s.free, count); (got == nil) != (size == 0) {
				t.Errorf("found %v", got)
			}
			if want := min(size, 1); looked != want {
				t.Errorf("looked at %d, want %d", looked, want)
			}
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	const claims, workers = 50, 8
	index := filled(claims)
	picked := make(chan string, claims*workers)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for i := range claims {
				claim := byPool
				if i%2 == 0 {
					claim = byName
				}
				if name := index.Pick(claim, start); name != "" {
					picked <- name
				}
				index.Peek(claim, start)
			}
		})
		group.Go(func() {
			for i := range claims {
				index.ObservePool(pool)
				index.ObserveTemplate(template)
				index.Observe(member(fmt.Sprintf("s-%d", i), template).CreatedAt(start.Add(time.Duration(i) * time.Second)).Obj())
				index.Forget(key("unknown"))
				index.ObserveClaim(builder.MakeClaim("other").BoundTo("unknown").Obj(), start)
			}
		})
	}
	group.Wait()
	close(picked)
	got := map[string]int{}
	for name := range picked {
		got[name]++
	}
	want := map[string]int{}
	for i := range claims {
		want[fmt.Sprintf("s-%d", i)] = 1
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("picks (-want +got):\n%s", diff)
	}
}

func TestPoolsOfATemplate(t *testing.T) {
	index := filled(1)
	index.ObservePool(builder.MakePool("q").Template("t").Obj())
	other := builder.MakeSandbox("q-0").Pool(builder.MakePool("q").Template("t").Obj()).Ready()
	index.Observe(other.Obj()) // This Sandbox is of an older template, because it has no hash.
	for i, want := range []string{"s-0", "q-0", ""} {
		if got := index.Pick(byName, start); got != want {
			t.Errorf("pick %d: %q, want %q", i, got, want)
		}
	}
}

func BenchmarkPick(b *testing.B) {
	for _, size := range []int{100, 10_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			index := filled(size)
			now := start
			for b.Loop() {
				now = now.Add(ReservationTTL + time.Second) // The earlier pick becomes available again.
				if index.Pick(byPool, now) == "" {
					b.Fatal("nothing to pick")
				}
			}
		})
	}
}
