package claims

import "github.com/namesake-sandbox/namesake/test/model/search"

// Mode is what of admission there is.
type Mode struct {
	Name string
	// webhooks says that there are webhooks, and policies that there are policies.
	webhooks, policies bool
}

// Modes are those in which the invariants are tried.
func Modes() []Mode {
	return []Mode{
		{"with webhooks", true, true},
		{"policies only", false, true},
		{"neither", false, false},
	}
}

// Promises are the invariants of Modes, in the order of what Tried returns.
func Promises() []string {
	return []string{
		oneClaim:    "A Sandbox serves one claim, and its controller changes once, from a pool to a claim",
		oneSandbox:  "A claim has one Sandbox at a time",
		notReplaced: "A claim that has lost its Sandbox gets no other",
		fits:        "A claim gets what fits it",
		expiry:      "A Sandbox is deleted for an expiry only if its claim has expired",
		keptByPool:  "A pool deletes nothing that a claim has",
	}
}

// modeWorlds are the small worlds in which each mode is tried. In none do users write owners or bindings by hand: without policies that
// breaks whatever it is meant to break.
func modeWorlds() []Size {
	lag := func(s Size) Size {
		s.Lag = 1
		return s
	}
	return []Size{
		lag(small(1, 2, Budget{Create: 1})),
		lag(small(1, 0, Budget{Create: 1, Drop: 1}).atomic()),
		lag(small(2, 1, Budget{Create: 2})),
		lag(small(1, 1, Budget{Create: 1, Expire: 1, Extend: 1})),
		lag(small(1, 2, Budget{Create: 1}).of(2)),
		lag(small(1, 1, Budget{Create: 1, ScaleDown: 1})),
	}
}

// Tried is what a search of small worlds found: which of Promises hold, by their order, and how many states there were.
type Tried struct {
	Holds  []bool
	States int
	Whole  bool
}

// Try searches small worlds in a mode as a whole, for all that breaks there.
func (m Mode) Try(atMost int) Tried {
	tried := Tried{Whole: true}
	var broken uint8
	off := Off{}
	if !m.policies {
		off = Off{FinalBinding: true, Controller: true, Adopter: true}
	}
	for _, size := range modeWorlds() {
		size.Webhooks, size.Harm = m.webhooks, true
		world := New(size, off)
		world.all = true
		found := search.All(world, atMost, nil)
		tried.States += found.States
		tried.Whole = tried.Whole && found.Whole
		broken |= world.broken
	}
	for promise := range Promises() {
		tried.Holds = append(tried.Holds, broken>>promise&1 == 0)
	}
	return tried
}
