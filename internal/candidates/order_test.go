package candidates

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// sharing returns the indexes of that many replicas that know of one another, with the same candidates.
func sharing(trial uint64, replicas, candidates int) []*Index {
	var orders []uint64
	for replica := range replicas {
		orders = append(orders, OrderOf(fmt.Sprint(trial, "-", replica)))
	}
	var indexes []*Index
	for i, own := range orders {
		index := ordered(own, candidates)
		index.Share(slices.Delete(slices.Clone(orders), i, i+1))
		indexes = append(indexes, index)
	}
	return indexes
}

// Replicas that know of one another use up a pool in turns, although none of them learns what the others have picked. Two never
// pick the same. Of three, two do so when both have used up their shares: by then most of the pool is gone.
func TestReplicasShareAPool(t *testing.T) {
	const trials, candidates = 50, 200
	for replicas, limit := range map[int]int{2: 0, 3: trials * candidates * 2 / 100} {
		t.Run(fmt.Sprint(replicas), func(t *testing.T) {
			same, early := 0, 0
			for trial := range uint64(trials) {
				indexes, picked := sharing(trial, replicas, candidates), map[string]bool{}
				for turn := range candidates {
					name := indexes[turn%replicas].Pick(byPool, start)
					if name == "" {
						t.Fatalf("trial %d: nothing is left for pick %d", trial, turn)
					}
					if picked[name] {
						same++
						if turn < candidates/2 {
							early++
						}
					}
					picked[name] = true
				}
			}
			if early > 0 || same > limit {
				t.Errorf("%d picks of %d were the same, want at most %d, and %d before half of the pool was gone", same, trials*candidates, limit, early)
			}
		})
	}
}

// A replica that has used up its share goes on with what the other would hand out last.
func TestAForeignShareComesFromItsEnd(t *testing.T) {
	const candidates = 40
	pair := sharing(1, 2, candidates)
	var one, other []string
	for range candidates {
		one, other = append(one, pair[0].Pick(byPool, start)), append(other, pair[1].Pick(byPool, start))
	}
	slices.Reverse(other)
	if !slices.Equal(one, other) {
		t.Errorf("the picks of one, %v, are not those of the other in reverse, %v", one, other)
	}
}

// Neither does it collide with what the other chooses for the load of nodes: the other keeps away from the end. The replicas have
// claims for all candidates, one of them a few more than its share and the other a few less, as chance has it.
func TestChoicesKeepAwayFromTheEnd(t *testing.T) {
	const candidates = 200
	for trial := range uint64(50) {
		pair := sharing(trial, 2, 0)
		for i := range candidates {
			for _, index := range pair {
				node := fmt.Sprint("n", i%7)
				index.ObserveNode(builder.MakeNode(node).Obj())
				index.Observe(member(fmt.Sprintf("m%d", i), template).Node(node).Obj())
			}
		}
		own := 0
		for i := range candidates {
			if foreign, _ := pair[0].order.of(fmt.Sprintf("m%d", i)); !foreign {
				own++
			}
		}
		picks := []int{own + 10, candidates - own - 10}
		picked := map[string]bool{}
		for replica, n := range picks {
			for range n {
				picked[pair[replica].Pick(byPool, start)] = true
			}
		}
		if same := candidates - len(picked); same > 0 {
			t.Errorf("trial %d: %d picks of %d were the same", trial, same, candidates)
		}
	}
}

// When a replica comes or goes, what is picked stays picked, what is free stays free, and nobody is woken.
func TestSharingChanges(t *testing.T) {
	index := filled(20)
	first := index.Peek(byPool, start)
	held, kept := index.Hold(byPool, start), index.Pick(byPool, start)
	woken := index.Subscribe()
	for _, others := range [][]uint64{{1}, {1, 2}, nil} {
		index.Share(others)
		queue := index.sandboxes[key(held)].queue
		if _, free := queue.free.Get(index.sandboxes[key(kept)]); free || queue.free.Len() != 18 || queue.held.Len() != 1 {
			t.Errorf("others %v: %d are free and %d held, want 18 and 1; what was picked is free: %t", others, queue.free.Len(), queue.held.Len(), free)
		}
	}
	if appeared := woken.Take(); len(appeared) > 0 {
		t.Errorf("appeared: %v", appeared)
	}
	if again := filled(20).Peek(byPool, start); held != first || again != first {
		t.Errorf("held %q, and an index of its own picks %q, want %q", held, again, first)
	}
}

// A replica hands out its own share from the oldest on. What is in another's share comes after that, from the youngest on.
func TestAgeAndShares(t *testing.T) {
	for trial := range uint64(20) {
		pair := sharing(trial, 2, 0)
		var own, foreign []string
		for i := range 12 {
			name := fmt.Sprintf("m%d", i)
			if theirs, _ := pair[0].order.of(name); theirs {
				foreign = append(foreign, name)
			} else {
				own = append(own, name)
			}
			pair[0].Observe(member(name, template).CreatedAt(builder.Epoch.Add(time.Duration(i) * ageWindow)).Obj())
		}
		slices.Reverse(foreign)
		for _, want := range append(own, foreign...) {
			if got := pair[0].Pick(byPool, start); got != want {
				t.Errorf("trial %d: picked %q, want %q", trial, got, want)
			}
		}
	}
}

// After a day of refills, a pool's members are of many hours. Replicas share it as well as one that was filled at once.
func TestReplicasShareAPoolOfManyHours(t *testing.T) {
	const candidates = 100
	for _, perHour := range []int{1, 5, 20} {
		for trial := range uint64(20) {
			pair, picked := sharing(trial, 2, 0), map[string]bool{}
			for i := range candidates {
				for _, index := range pair {
					created := builder.Epoch.Add(time.Duration(i/perHour) * ageWindow)
					index.Observe(member(fmt.Sprintf("m%d", i), template).CreatedAt(created).Obj())
				}
			}
			for turn := range candidates {
				picked[pair[turn%2].Pick(byPool, start)] = true
			}
			if same := candidates - len(picked); same > 0 {
				t.Errorf("%d an hour, trial %d: %d picks of %d were the same", perHour, trial, same, candidates)
			}
		}
	}
}

// All replicas agree on whose share a Sandbox is in.
func TestSharer(t *testing.T) {
	orders := []uint64{OrderOf("a"), OrderOf("b"), OrderOf("c")}
	counts := map[uint64]int{}
	for n := range 300 {
		name := fmt.Sprintf("s-%d", n)
		var sharers []uint64
		for i, own := range orders {
			index := New(own)
			index.Share(slices.Delete(slices.Clone(orders), i, i+1))
			sharers = append(sharers, index.Sharer(name))
			if foreign, _ := index.order.of(name); foreign == (sharers[i] == own) {
				t.Errorf("%s is in another's share: %t, and in that of %d", name, foreign, sharers[i])
			}
		}
		if len(slices.Compact(sharers)) != 1 {
			t.Errorf("%s is in the share of %v", name, sharers)
		}
		counts[sharers[0]]++
	}
	if len(counts) != len(orders) {
		t.Errorf("shares: %v", counts)
	}
}
