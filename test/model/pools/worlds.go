package pools

// World is a Size that is searched as a whole, or at random.
type World struct {
	Name string
	Size Size
}

// Worlds are those that are searched as a whole: small ones, and larger ones if long is true.
func Worlds(long bool) []World {
	worlds := []World{
		{"a pool that is filled, and another leader", Size{Pools: 1, Want: 2, Empty: true, Leaders: 1, Lag: 3, Crash: 1, Adopt: 1}},
		{"a pool that is filled, where creations fail", Size{Pools: 1, Want: 2, Empty: true, Leaders: 1, Lag: 2, Adopt: 1, Refuse: 1, Lose: 1}},
		{"a pool that is scaled, and a claim", Size{Pools: 1, Want: 1, Leaders: 1, Lag: 2, Scale: 2, Adopt: 1}},
		{"a pool that is deleted and created again", Size{Pools: 1, Want: 1, Leaders: 1, Lag: 2, Remove: 1, Restore: 1, Orphan: 1}},
		{"a new template", Size{Pools: 1, Want: 3, Leaders: 1, Lag: 2, Edit: 1, Gentle: true}},
		{"a new template, and another leader", Size{Pools: 1, Want: 1, Leaders: 1, Lag: 2, Edit: 1, Crash: 1}},
		{"a new template, and a claim", Size{Pools: 1, Want: 2, Leaders: 1, Lag: 1, Edit: 1, Adopt: 1}},
		{"a new template, OnReplenish", Size{Pools: 1, Want: 1, OnReplenish: true, Leaders: 1, Lag: 2, Edit: 1, Adopt: 1, Drop: 1}},
		{"what is terminating", Size{Pools: 1, Want: 1, Empty: true, Leaders: 1, Lag: 2, Drop: 1, Finalizers: true}},
		{"two leaders", Size{Pools: 1, Want: 1, Empty: true, Leaders: 2, Lag: 2, Adopt: 1}},
		{"two pools", Size{Pools: 2, Want: 1, Empty: true, Leaders: 1, Lag: 1}},
	}
	if !long {
		return worlds
	}
	return append(worlds,
		World{"longer delays: a pool that is filled", Size{Pools: 1, Want: 2, Empty: true, Leaders: 1, Lag: 4, Crash: 1, Adopt: 2}},
		World{"two leaders, a new template", Size{Pools: 1, Want: 1, Leaders: 2, Lag: 1, Edit: 1}},
		World{"two leaders, more members", Size{Pools: 1, Want: 2, Empty: true, Leaders: 2, Lag: 2}},
		World{"a template that is taken back, and a claim", Size{Pools: 1, Want: 2, Leaders: 1, Lag: 1, Edit: 2, Adopt: 1}},
		World{"two pools, a new template", Size{Pools: 2, Want: 1, Leaders: 1, Lag: 1, Edit: 1, Adopt: 1}},
	)
}

// Large are worlds that are too large to be searched as a whole.
func Large() []World {
	large := Size{
		Pools: maxPools, Want: 2, Leaders: 1, Lag: maxLag, Crash: 5, Adopt: 5, Drop: 5, Edit: 5, Scale: 5, Remove: 2, Restore: 2, Orphan: 2,
		Refuse: 3, Lose: 3, Relist: 5, Finalizers: true,
	}
	replenish, two, gentle := large, large, Size{Pools: 1, Want: 5, Leaders: 1, Lag: maxLag, Edit: 6, Relist: 4, Gentle: true}
	replenish.OnReplenish = true
	two.Leaders, two.Pools = 2, 1
	return []World{{"one leader", large}, {"OnReplenish", replenish}, {"two leaders", two}, {"templates", gentle}}
}
