package claims

import (
	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// decisions asks the rules, the same functions that webhooks and controllers call, and remembers what they said.
type decisions struct {
	off       Off
	steps     map[pair]rules.Step
	lost      map[pair]bool
	expired   map[lone]bool
	statuses  map[report]claim
	adoptions map[adoption]bool
	rebinds   map[rebind]bool
	owners    map[change]bool
	choices   map[choice]name
	matches   map[pair]bool
}

func newDecisions(off Off) *decisions {
	return &decisions{
		off: off, steps: map[pair]rules.Step{}, lost: map[pair]bool{}, expired: map[lone]bool{},
		statuses:  map[report]claim{},
		adoptions: map[adoption]bool{}, rebinds: map[rebind]bool{}, owners: map[change]bool{},
		choices: map[choice]name{}, matches: map[pair]bool{},
	}
}

// remember returns what known has under key, or what ask returns.
func remember[K comparable, V any](known map[K]V, key K, ask func() V) V {
	value, is := known[key]
	if !is {
		value = ask()
		known[key] = value
	}
	return value
}

type lone struct {
	number int
	claim  claim
}

// pair is a claim and a Sandbox, of that name, that it may have to do with.
type pair struct {
	number  int
	claim   claim
	name    name
	sandbox sandbox
}

func newPair(number int, c claim, n name, s sandbox) pair {
	c.rv, s.rv = 0, 0
	return pair{number, c, n, s}
}

func (p pair) objects() (*extensionsv1.SandboxClaim, *sandboxv1.Sandbox) {
	return claimObject(p.number, p.claim), sandboxObject(p.name, p.sandbox)
}

// fitting returns c as if it asked for what s is.
func fitting(c claim, s sandbox) claim {
	c.pool = 0
	if s.owner.kind == byPool {
		c.pool = s.owner.of + 1
	}
	return c
}

// nextStep is what the claim of that number does next, if s is the Sandbox that it is bound to. older says that the worker is of an older
// version, if there is one.
func (d *decisions) nextStep(number int, c claim, s sandbox, older bool) rules.Step {
	if d.off.Misfit && older {
		c = fitting(c, s)
	}
	if d.off.Record {
		c.record = 0
	}
	p := newPair(number, c, c.binding, s)
	return remember(d.steps, p, func() rules.Step { return rules.NextStep(p.objects()) })
}

// mayActOnCache is whether a step may be taken on what a cache shows.
func (d *decisions) mayActOnCache(number int, c claim, step rules.Step) bool {
	return d.off.LiveReads || rules.IsSafeOnCache(claimObject(number, c), step)
}

func (d *decisions) isExpired(number int, c claim) bool {
	c.rv = 0
	return remember(d.expired, lone{number, c}, func() bool { return rules.IsClaimExpired(claimObject(number, c), builder.Epoch) })
}

// report is what a status is made of.
type report struct {
	pair
	problem problem
}

// problem is what keeps a claim from having its Sandbox.
type problem uint8

const (
	fine problem = iota
	missing
	nameTaken
	refused
	expired
)

// reported returns c with the status that the controllers write.
func (d *decisions) reported(number int, c claim, n name, s sandbox, what problem) claim {
	rv := c.rv
	key := report{newPair(number, c, n, s), what}
	after := remember(d.statuses, key, func() claim {
		obj, sandbox := key.objects()
		if what == expired {
			return withStatus(key.claim, rules.ExpiredStatus(obj, sandbox, builder.Epoch))
		}
		return withStatus(key.claim, rules.ClaimStatus(obj, sandbox, what.condition(obj), builder.Epoch))
	})
	after.rv = rv
	return after
}

func (p problem) condition(claim *extensionsv1.SandboxClaim) *rules.ConditionError {
	switch p {
	case missing:
		return rules.SandboxMissingError()
	case nameTaken:
		return rules.NameTakenError(claim)
	case refused:
		return rules.RefusedError(rules.NameTakenError(claim))
	case fine, expired:
	}
	return nil
}

// adoption is a Sandbox before a claim comes to control it, or as it is created, and that claim.
type adoption struct {
	pair
	old sandbox
}

// mayAdopt is I4: whether the claim of that number, which may not exist, may come to control the Sandbox of that name.
func (d *decisions) mayAdopt(number int, c claim, n name, old, obj sandbox) bool {
	if d.off.Adopter || obj.owner.kind != byClaim {
		return true
	}
	if d.off.Record {
		c.record = 0
	}
	if d.off.Misfit && old.uid != 0 {
		c = fitting(c, old)
	}
	old.rv = 0
	key := adoption{newPair(number, c, n, obj), old}
	return remember(d.adoptions, key, func() bool {
		claim, sandbox := key.objects()
		return len(rules.CheckAdoption(sandboxObject(n, key.old), sandbox, claim)) == 0
	})
}

// change is that of a Sandbox's owner, by someone.
type change struct {
	old, obj sandbox
	by       rules.Actor
}

// mayOwn is I2, and for users the rule that they make no pool and no claim an owner.
func (d *decisions) mayOwn(old, obj sandbox, by rules.Actor) bool {
	old.rv, obj.rv = 0, 0
	key := change{old, obj, by}
	return remember(d.owners, key, func() bool {
		before, after := sandboxObject(1, old), sandboxObject(1, obj)
		if !d.off.Controller && len(rules.CheckController(before, after, by)) > 0 {
			return false
		}
		return by != rules.User || d.off.UserOwners || len(rules.CheckUserOwners(before, after)) == 0
	})
}

// rebind is the change of a claim's binding, and the Sandbox that it named.
type rebind struct {
	pair
	to name
}

// mayBind is I3. bound is the Sandbox that the claim is bound to by now, as a webhook reads it live. Without webhooks it is a Sandbox that
// does not exist, since a policy sees no other object.
func (d *decisions) mayBind(number int, c claim, bound sandbox, to name) bool {
	if d.off.Binding || d.off.FinalBinding {
		return true
	}
	if d.off.Record {
		c.record = 0
	}
	unready, absent := bound.uid != 0 && !bound.ready, bound.uid == 0 && c.binding >= firstCold
	if c.record == 0 && (d.off.FinalReasons && unready || d.off.FinalCold && absent) {
		return true
	}
	key := rebind{newPair(number, c, c.binding, bound), to}
	return remember(d.rebinds, key, func() bool {
		old, sandbox := key.objects()
		after := key.claim
		after.binding = to
		return len(rules.CheckBinding(old, claimObject(number, after), sandbox)) == 0
	})
}

// mayRecord is the rule about what a status says of a claim's Sandbox.
func (d *decisions) mayRecord(number int, old, obj claim) bool {
	return d.off.Record || len(rules.CheckClaimStatus(claimObject(number, old), claimObject(number, obj), rules.Controller)) == 0
}

// mayEdit is the rule that users write no binding.
func (d *decisions) mayEdit(number int, old, obj claim) bool {
	return d.off.UserKeys || len(rules.CheckClaimReserved(claimObject(number, old), claimObject(number, obj))) == 0
}

// fits reports whether a claim may pick the Sandbox of that name: it is a candidate, and of what the claim prefers.
func (d *decisions) fits(number int, c claim, n name, s sandbox) bool {
	c.binding, c.record, c.ready = 0, 0, 0
	key := newPair(number, c, n, s)
	return remember(d.matches, key, func() bool {
		claim, sandbox := key.objects()
		group, is := rules.CandidateGroupOf(sandbox)
		if !is {
			return false
		}
		pool := poolObject(int(s.owner.of), s.owner.uid)
		if !rules.SelectsPool(claim, pool) {
			return false
		}
		for _, wanted := range rules.Preferences(claim, []*extensionsv1.SandboxWarmPool{pool}, func(string) bool { return true }) {
			if wanted.Matches(group, true) {
				return true
			}
		}
		return false
	})
}

// choice is what a claim binds to if it picks no warm Sandbox: namesake is the Sandbox of its own name.
type choice struct {
	lone
	namesake sandbox
}

// kept returns the Sandbox that a claim has already, or else the cold name.
func (d *decisions) kept(number int, c claim, namesake sandbox) (existing, cold name) {
	c.rv, namesake.rv = 0, 0
	key := choice{lone{number, c}, namesake}
	existing = remember(d.choices, key, func() name {
		return numbers[rules.ExistingBinding(claimObject(number, c), nil, sandboxObject(coldName(number), namesake))]
	})
	return existing, numbers[rules.ColdName(claimObject(number, c), namesake.uid != 0)]
}
