package pools

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Off says which protections are switched off: each is true for one that is.
type Off struct {
	Version        bool // a member is deleted in whatever version it is
	UID            bool // members are those of the pool's name
	Unseen         bool // a process does not count what it has created and its cache does not show
	FirstCount     bool // a process trusts its cache before that has shown one of its creations
	Overdue        bool // what the cache does not show although it was created counts as gone, without a live look
	CaughtUpBefore bool // what a process knows of its own creations may be later than the list of the members
	Terminating    bool // what is terminating takes no place
	Replaced       bool // a process does not remember what it has replaced
}

// settings are those of the pools: no limit is in the way of small pools, and nothing waits.
var settings = rules.PoolSettings{
	ReadinessGrace: time.Hour, UnschedulableRecheck: time.Minute, Refill: rules.RefillLimits{Batch: maxSandboxes},
}

// question is what a plan depends on.
type question struct {
	members       [maxSandboxes]view
	want, version uint8
	memory        uint16
	unseen        uint8
}

// view is what of a member a plan depends on.
type view struct {
	exists          bool
	version         uint8
	ready, deleting bool
}

// newQuestion returns the question of a worker about the members, of which it has deleted some that its cache still shows.
func newQuestion(members [maxSandboxes]sandbox, deleted set, w *worker, memory uint16) question {
	q := question{want: w.pool.want, version: w.version, memory: memory, unseen: w.unseen}
	for n, obj := range members {
		if obj.exists {
			q.members[n] = view{true, obj.version, obj.ready, obj.deleting || deleted.has(uint8(n))}
		}
	}
	return q
}

// plan is the answer: how many Sandboxes to create, which members to delete, and the memory then, by its number.
type plan struct {
	number   uint16
	create   uint8
	doomed   set
	refilled uint16
}

type membership struct {
	owner    owner
	at, life uint8
}

type written struct {
	plan    uint16
	created uint8
}

// decisions asks the rules, and remembers what they said.
type decisions struct {
	off       Off
	objects   *objects
	memories  []*rules.PoolState
	numbers   map[string]uint16
	plans     map[question]plan
	whole     []rules.PoolPlan // by the numbers of plans
	writings  map[written]uint16
	members   map[membership]bool
	countings map[[3]uint8]uint8
}

func newDecisions(off Off, onReplenish bool) *decisions {
	return &decisions{
		off: off, objects: newObjects(onReplenish), memories: []*rules.PoolState{nil}, numbers: map[string]uint16{},
		plans: map[question]plan{}, writings: map[written]uint16{}, members: map[membership]bool{}, countings: map[[3]uint8]uint8{},
	}
}

func remember[K comparable, V any](known map[K]V, key K, ask func() V) V {
	value, is := known[key]
	if !is {
		value = ask()
		known[key] = value
	}
	return value
}

// number returns the number of a memory. Those of the same content have the same.
func (d *decisions) number(memory *rules.PoolState) uint16 {
	return remember(d.numbers, contentOf(memory), func() uint16 {
		d.memories = append(d.memories, memory)
		return uint16(len(d.memories) - 1)
	})
}

// replaced is what a memory has of replacements, of which only the sum counts while no time passes.
var replaced, each = regexp.MustCompile(`replaced:\[.*?\]`), regexp.MustCompile(` n:(\d+)`)

// contentOf returns what tells a memory apart from others.
func contentOf(memory *rules.PoolState) string {
	return replaced.ReplaceAllStringFunc(fmt.Sprintf("%+v", *memory), func(list string) string {
		sum := 0
		for _, n := range each.FindAllStringSubmatch(list, -1) {
			count, _ := strconv.Atoi(n[1]) // It never fails: these are digits.
			sum += count
		}
		return strconv.Itoa(min(sum, 2*maxSandboxes)) // More than there can be Sandboxes is all the same.
	})
}

// isMember is whether the pool of that place, in that life, controls obj.
func (d *decisions) isMember(obj sandbox, at, life uint8) bool {
	switch {
	case !obj.exists:
		return false
	case d.off.UID:
		return obj.owner.kind == byPool && obj.owner.of == at
	}
	return remember(d.members, membership{obj.owner, at, life}, func() bool {
		return rules.ControlledBy(ownedBy(obj.owner), d.objects.pool(at, life, 0))
	})
}

// next is what a pool does next.
func (d *decisions) next(q question) plan {
	return remember(d.plans, q, func() plan {
		pool := d.objects.pool(0, 1, q.want)
		var members []*sandboxv1.Sandbox
		places := map[*sandboxv1.Sandbox]uint8{}
		for n, member := range q.members {
			if member.exists && (!member.deleting || !d.off.Terminating) {
				obj := d.objects.member(uint8(n), member)
				members = append(members, obj)
				places[obj] = uint8(n)
			}
		}
		memory := d.memories[q.memory].WithUnseen(int(q.unseen))
		whole := rules.PlanPool(pool, d.objects.templates[q.version], members, memory, settings, builder.Epoch)
		create, _, after := rules.PlanRefill(memory, pool, whole, settings.Refill, builder.Epoch)
		answer := plan{number: uint16(len(d.whole)), create: uint8(create), refilled: d.number(after)}
		for _, member := range whole.Delete {
			answer.doomed = answer.doomed.with(places[member])
		}
		d.whole = append(d.whole, whole)
		return answer
	})
}

// written is the memory after a plan was carried out, and that many Sandboxes were created.
func (d *decisions) written(p plan, created uint8) uint16 {
	return remember(d.writings, written{p.number, created}, func() uint16 {
		whole := d.whole[p.number]
		whole.Created = int(created)
		return d.number(d.memories[p.refilled].WithWritten(&whole))
	})
}

// missing is how many Sandboxes a pool lacks in truth, if the process knows that.
func (d *decisions) missing(n, unseen uint8, caughtUp bool) (missing uint8, certain bool) {
	if d.off.Overdue && caughtUp && n <= unseen {
		return n, true
	}
	if d.off.FirstCount && !caughtUp {
		return n, true
	}
	how, certain := rules.MissingMembers(int(n), rules.OwnCreations{Unseen: int(unseen), CaughtUp: caughtUp})
	return uint8(how), certain
}

// counted is how many Sandboxes a pool lacks that has so many members.
func (d *decisions) counted(want, n, members uint8) uint8 {
	return remember(d.countings, [3]uint8{want, n, members}, func() uint8 {
		return uint8(rules.CountedMissing(d.objects.pool(0, 1, want), int(n), int(members)))
	})
}
