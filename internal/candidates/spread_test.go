package candidates

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// onNodes returns an index with that many candidates on each of the nodes.
func onNodes(order uint64, each int, nodes ...string) *Index {
	index := empty(order)
	for _, node := range nodes {
		index.ObserveNode(builder.MakeNode(node).Obj())
		for i := range each {
			index.Observe(member(fmt.Sprintf("%s-%d", node, i), template).Node(node).Obj())
		}
	}
	return index
}

// nodesOf returns on how many nodes how many of the picked candidates are.
func nodesOf(index *Index, picked ...string) map[string]int {
	found := map[string]int{}
	for _, name := range picked {
		found[index.sandboxes[key(name)].node]++
	}
	return found
}

// Picks of a burst spread over the nodes, as far as the oldest few candidates allow it, whatever the order is.
func TestPicksSpread(t *testing.T) {
	for order := range uint64(20) {
		index := onNodes(order, 1, "n0", "n1", "n2", "n3")
		var picked []string
		for range 4 {
			picked = append(picked, index.Hold(byPool, start))
		}
		if diff := cmp.Diff(map[string]int{"n0": 1, "n1": 1, "n2": 1, "n3": 1}, nodesOf(index, picked...)); diff != "" {
			t.Errorf("order %d (-want +got):\n%s", order, diff)
		}
	}
}

// So they do beside another replica, while enough is left: six picks are on six nodes, but for some at which the first few
// candidates are on fewer. Without a choice, they would be on four.
func TestPicksSpreadBesideAnother(t *testing.T) {
	const trials = 20
	found := 0
	for order := range uint64(trials) {
		index := onNodes(order, 40, "n0", "n1", "n2", "n3", "n4", "n5")
		index.Share([]uint64{order + trials})
		var picked []string
		for range 6 {
			picked = append(picked, index.Hold(byPool, start))
		}
		found += len(nodesOf(index, picked...))
	}
	if found < trials*11/2 {
		t.Errorf("six picks are on %.1f nodes of six", float64(found)/trials)
	}
}

// A node with claimed Sandboxes comes last, until they are gone.
func TestClaimedSandboxesAreALoad(t *testing.T) {
	claim := builder.MakeClaim("other").Obj()
	claimed := func() *builder.SandboxWrapper { return builder.MakeSandbox("x").ClaimedBy(claim).Ready().Node("n0") }
	for name, tc := range map[string]struct {
		then func(*Index)
		want int // how many of two picks may be on n0
	}{
		"nothing is claimed": {func(*Index) {}, 1},
		"one is claimed": {func(i *Index) {
			i.Observe(claimed().Obj())
			i.Observe(builder.MakeSandbox("y").ClaimedBy(claim).Ready().Node("n0").Obj())
		}, 0},
		"and is seen again":           {func(i *Index) { i.Observe(claimed().Obj()); i.Observe(claimed().Obj()) }, 1},
		"and is gone":                 {func(i *Index) { i.Observe(claimed().Obj()); i.Forget(key("x")) }, 1},
		"and is being deleted":        {func(i *Index) { i.Observe(claimed().Obj()); i.Observe(claimed().Deleting().Obj()) }, 1},
		"a reservation has ended":     {func(i *Index) { i.keep(key("n0-0"), start.Add(-2*ReservationTTL)) }, 1},
		"a reserved one disappears":   {func(i *Index) { i.keep(key("n0-0"), start); i.Forget(key("n0-0")) }, 1},
		"claimed ones without a node": {func(i *Index) { i.Observe(builder.MakeSandbox("x").ClaimedBy(claim).Obj()) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			index := onNodes(0, 3, "n0", "n1")
			tc.then(index)
			got := nodesOf(index, index.Pick(byPool, start), index.Pick(byPool, start))
			if got["n0"] != tc.want {
				t.Errorf("%d picks of two are on n0, want %d", got["n0"], tc.want)
			}
		})
	}
}

// The oldest come first, wherever they are.
func TestAgeComesBeforeLoad(t *testing.T) {
	index := onNodes(0, 0, "n0", "n1")
	index.Observe(member("old", template).Node("n0").Obj())
	index.Observe(member("young", template).CreatedAt(start.Add(2 * time.Hour)).Node("n1").Obj())
	index.Observe(builder.MakeSandbox("x").ClaimedBy(builder.MakeClaim("other").Obj()).Ready().Node("n0").Obj())
	if got := index.Pick(byPool, start); got != "old" {
		t.Errorf("picked %q", got)
	}
}

// What nobody has any more is not remembered.
func TestNoLoadIsLeft(t *testing.T) {
	index := onNodes(0, 2, "n0")
	index.Pick(byPool, start)
	index.Hold(byPool, start)
	index.Release(start.Add(2 * ReservationTTL))
	index.Forget(key("n0-0"))
	index.Forget(key("n0-1"))
	index.Observe(builder.MakeSandbox("x").ClaimedBy(builder.MakeClaim("other").Obj()).Ready().Node("n0").Obj())
	index.Forget(key("x"))
	index.Observe(member("y", template).Node("n0").Obj())
	index.Pick(byPool, start)
	index.Forget(key("y"))
	if len(index.nodes.load)+len(index.nodes.claimed) > 0 {
		t.Errorf("left: %v, %v", index.nodes.load, index.nodes.claimed)
	}
}
