package claims

// The objects of the model are small plain values, which can be compared, copied and hashed. objects.go makes the API's objects of them
// for the rules.

// The sizes bound what there is at a time. A world uses as much of them as its Size says.
const (
	maxClaims  = 3 // names of claims
	maxLives   = 3 // how often a claim of one name is created
	maxPools   = 2
	maxMembers = 10 // names of Sandboxes that pools create
	maxWorkers = 3
	maxCaches  = maxWorkers + 2
	maxLag     = 10 // how many writes of a kind a cache may be behind

	firstCold = 1 + maxMembers
	firstAlt  = firstCold + maxClaims
	maxNames  = firstAlt + maxClaims*maxLives
)

// name is that of a Sandbox: 0 is none, then come those that pools give, the names of the claims, and the cold names that end in a
// hash of the claim's UID.
type name = uint8

func coldName(claim int) name { return name(firstCold + claim) }
func altName(uid uint8) name  { return firstAlt + uid - 1 }

// claimUID returns the UID of the claim of that number in its life of that number. No UID is 0.
func claimUID(claim, life int) uint8 { return uint8(1 + claim + maxClaims*life) }

// claimOf returns the number of the claim that has uid.
func claimOf(uid uint8) int { return int(uid-1) % maxClaims }

func poolUID(pool, life int) uint8 { return uint8(1 + pool + maxPools*life) }

// claim is a SandboxClaim. Its name is its place in a list. Without a UID it does not exist.
type claim struct {
	uid             uint8
	binding, record name  // the annotation, and status.sandbox.name
	recordUID       uint8 // status.sandbox.uid
	pool            uint8 // the pool that it names, from 1, or 0 if it names the template
	ready           uint8 // its Ready condition, a number of conditions
	deleting        bool
	expired         bool // its shutdownTime is past
	deletes         bool // its shutdownPolicy is Delete, not Retain
	rv              uint16
}

// owner is the controller of a Sandbox.
type owner struct {
	kind ownerKind
	// of is the number of the pool or of the claim.
	of, uid uint8
}

type ownerKind uint8

const (
	nobody ownerKind = iota
	byPool
	byClaim
)

// sandbox is a Sandbox. Its name is its place in a list. Without a UID it does not exist.
type sandbox struct {
	uid      uint8
	owner    owner
	deleting bool
	ready    bool
	rv       uint16
}

// past is what the model remembers of a Sandbox, and no object says.
type past struct {
	claim   uint8 // the UID of the first claim that controlled it
	changes uint8 // how often its controller changed
	ended   bool  // its claim was expired at some time since it has the Sandbox
}

// event is a write of an object, as a watch tells it.
type event[T any] struct {
	at     uint8
	object T
}

// history is the last writes of a kind.
type history[T any] struct {
	events [maxLag]event[T]
	n      uint8
}

// add adds an event, and forgets the first one if there are too many.
func (h *history[T]) add(at uint8, object T) {
	if h.n == maxLag {
		copy(h.events[:], h.events[1:])
		h.n--
	}
	h.events[h.n] = event[T]{at, object}
	h.n++
}

// forget forgets all but the last n events.
func (h *history[T]) forget(n uint8) {
	for i := range h.events {
		switch {
		case i < int(n):
			h.events[i] = h.events[h.n-n+uint8(i)]
		default:
			h.events[i] = event[T]{}
		}
	}
	h.n = n
}

// cache is what a process knows by its watches: one for claims, one for Sandboxes, each so many events behind.
type cache struct {
	claims                  [maxClaims]claim
	sandboxes               [maxNames]sandbox
	claimsLag, sandboxesLag uint8
}
