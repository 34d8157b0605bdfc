package pools

// The sizes bound what there is at a time. While there is no place for another Sandbox, creations wait.
const (
	maxPools     = 2
	maxSandboxes = 12
	maxWorkers   = 2
	maxLag       = 4 // how many writes of Sandboxes a cache may be behind
)

// pool is a SandboxWarmPool. Its name is its place in a list. Without a life, which tells its UID, it does not exist.
type pool struct {
	life uint8
	want uint8 // spec.replicas
}

// owner is the controller of a Sandbox: nobody, a pool in one of its lives, or a claim.
type owner struct {
	kind     ownerKind
	of, life uint8
}

type ownerKind uint8

const (
	nobody ownerKind = iota
	byPool
	byClaim
)

// sandbox is a Sandbox. Its name is its place in a list: a place is given anew once nobody can know of the Sandbox that had it.
type sandbox struct {
	exists          bool
	owner           owner
	version         uint8 // of the template that made it
	ready, deleting bool
	rv              uint16 // it stays when the Sandbox is gone
}

// event is a write of a Sandbox, as a watch tells it.
type event struct {
	at     uint8
	object sandbox
}

// cache is what a process knows by its watches, of which each is behind by a delay of its own.
type cache struct {
	pools     [maxPools]pool
	version   uint8 // of the template
	sandboxes [maxSandboxes]sandbox
	// lag is how many events of Sandboxes it has not shown. The others say whether it shows what there is.
	lag                          uint8
	poolsBehind, templatesBehind bool
}

// set is a set of Sandboxes, by their places.
type set uint16

func (s set) has(at uint8) bool    { return s>>at&1 == 1 }
func (s set) with(at uint8) set    { return s | 1<<at }
func (s set) without(at uint8) set { return s &^ (1 << at) }
func (s set) of(others set) set    { return s & others }

// size returns how many there are.
func (s set) size() int {
	n := 0
	for ; s > 0; s &= s - 1 {
		n++
	}
	return n
}

// term is what a process remembers of a pool, in one of its lives, while it leads.
type term struct {
	life uint8
	// created are its creations that the cache has not shown, and deleted the members that it has deleted and the cache still shows.
	created, deleted set
	caughtUp         bool
	memory           uint16 // a rules.PoolState, by its number; 0 is none
}
