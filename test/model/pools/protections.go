package pools

import "github.com/namesake-sandbox/namesake/test/model/search"

// Protection is something without which an invariant can be broken.
type Protection struct {
	// Name says what it is, Where where it is in the product, and Without what is otherwise.
	Name, Where, Without string
	// Off switches it off, and Size is the world in which that is shown.
	Off  Off
	Size Size
}

// Protections are those of pools.
func Protections() []Protection {
	return []Protection{
		{
			"A pool deletes a member only in the version that it decided on", "write.DeleteVersion",
			"a member is deleted that a claim has adopted meanwhile",
			Off{Version: true}, Size{Pools: 1, Want: 1, Leaders: 1, Lag: 1, Adopt: 1, Scale: 1},
		},
		{
			"A pool's members are those with its UID in their owner", "rules.ControlledBy",
			"a pool takes over what one of its name had before, and deletes what a user wanted to keep",
			Off{UID: true}, Size{Pools: 1, Want: 1, Leaders: 1, Lag: 1, Remove: 1, Restore: 1, Scale: 1, Orphan: 1},
		},
		{
			"A process counts what it has created and its cache does not show", "controllers/sandboxwarmpool: ownWrites",
			"it creates it again", Off{Unseen: true}, Size{Pools: 1, Want: 2, Empty: true, Leaders: 1, Lag: 3},
		},
		{
			"A process counts the members live until its cache has shown one of its creations", "rules.MissingMembers",
			"a new leader creates again what the last one has created",
			Off{FirstCount: true}, Size{Pools: 1, Want: 1, Empty: true, Leaders: 1, Lag: 2, Crash: 1},
		},
		{
			"A process takes no creation of its own for gone without a live look", "rules.MissingMembers",
			"it creates it again, however long its cache does not show it",
			Off{Overdue: true}, Size{Pools: 1, Want: 2, Empty: true, Leaders: 1, Lag: 3},
		},
		{
			"What a process knows of its creations is of the time at which it reads the members", "controllers/sandboxwarmpool: members",
			"its cache shows a creation after the list was read, and the list counts as later than what came before it",
			Off{CaughtUpBefore: true}, Size{Pools: 1, Want: 2, Empty: true, Leaders: 1, Lag: 3, Crash: 1},
		},
		{
			"What is terminating takes a member's place", "rules.PlanPool",
			"its replacement is there before it has ended", Off{Terminating: true},
			Size{Pools: 1, Want: 1, Empty: true, Leaders: 1, Lag: 2, Drop: 1, Finalizers: true},
		},
		{
			"A pool remembers what it replaces until the replacement is Ready", "rules.PoolState",
			"it replaces the next as soon as the first is gone", Off{Replaced: true},
			Size{Pools: 1, Want: 3, Leaders: 1, Lag: 2, Edit: 1, Gentle: true},
		},
	}
}

// Search looks for the shortest schedule that breaks an invariant without p.
func (p Protection) Search(atMost int) search.Found {
	return search.All(New(p.Size, p.Off), atMost, nil)
}
