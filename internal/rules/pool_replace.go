package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// poolPass is one look at a pool's members.
type poolPass struct {
	PoolPlan

	want     int
	edition  *TemplateSnapshot
	memory   *PoolState
	settings PoolSettings
	now      time.Time
	outdated func(*sandboxv1.Sandbox) bool
	// back says that most members were not Ready together, and some of them are Ready again.
	back bool

	// members are those that are not deleted at once. Of these, notReady is how many are not Ready, and starting is how
	// many of them were created, or got a node, within the grace period. An outdated one is not counted: it
	// does not start.
	members            []*sandboxv1.Sandbox
	notReady, starting int
	// ended are the members whose Pods have ended, late are others to be replaced, and held those that are kept because
	// most turned NotReady together. newest is when the newest of all was created.
	ended, late, held []*sandboxv1.Sandbox
	newest            time.Time
}

func newPoolPass(
	pool *extensionsv1.SandboxWarmPool, edition *TemplateSnapshot, members []*sandboxv1.Sandbox,
	memory *PoolState, settings PoolSettings, now time.Time,
) *poolPass {
	p := &poolPass{
		want: Replicas(pool), edition: edition, memory: memory, settings: settings, now: now,
		outdated: outdatedFunc(pool, edition), members: make([]*sandboxv1.Sandbox, 0, len(members)),
	}
	p.Grace = ReadinessGrace(pool, settings.ReadinessGrace)
	p.Together = turnedNotReadyTogether(members, p.want, p.Grace)
	p.back = comingBack(members, p.want, p.Grace, now)
	if edition != nil {
		p.Create = max(0, p.want-len(members))
	}
	if memory != nil {
		p.ends, p.rounds = memory.ends, memory.rounds
	}
	return p
}

// look counts member, and sorts it by what becomes of it.
func (p *poolPass) look(member *sandboxv1.Sandbox) {
	state := memberStateOf(member)
	if state == memberTerminating {
		p.Terminating++
		return
	}
	p.Replicas++
	p.newest = latest(p.newest, member.CreationTimestamp.Time)
	outdated := p.outdated(member)
	if outdated {
		p.Outdated++
	}
	switch {
	case state == memberReady:
		p.Ready++
		p.WithPod++
		p.countPlaced(member)
		p.LastReady = latest(p.LastReady, ReadySince(member))
		if outdated {
			p.OutdatedReady++
		}
	case outdated: // It is of no use, since no claim gets it, and goes before those that are Ready.
	default:
		p.notReady++
		p.lookNotReady(member, state)
	}
	p.members = append(p.members, member)
}

// lookNotReady sorts member, which is not Ready, by what becomes of it.
//
// A refused member, or one that no node takes, is kept as long as the template makes the same again: the replacement
// would fare no better. A refused one is kept however old it is. One that waits for its template's NetworkPolicy for longer
// than the grace period counts as refused: until then the policy is just being created.
func (p *poolPass) lookNotReady(member *sandboxv1.Sandbox, state memberState) {
	differs := p.edition != nil && !p.edition.Matches(member)
	if (state == memberRefused || p.lacksPolicy(member)) && !differs {
		p.refused(member)
		return
	}
	p.countNotReady(member, state)
	left := notReadySince(member).Add(p.Grace).Sub(p.now)
	switch {
	case state == memberEnded:
		p.Ended++
		p.ended = append(p.ended, member)
	case state == memberRefused:
		p.late = append(p.late, member)
	case left > 0:
		p.requeueIn(left)
	case state == memberWaiting && differs:
		p.late = append(p.late, member)
	case state == memberWaiting:
		p.Unschedulable++
		if isGated(member) {
			p.GatedOverdue++
		}
		p.requeueIn(p.settings.UnschedulableRecheck)
	case p.memory.isHeld(p.Together || p.back, p.Grace, p.now):
		p.Held++
		p.held = append(p.held, member)
		p.requeueIn(p.settings.UnschedulableRecheck)
	default:
		p.Stuck++
		p.late = append(p.late, member)
	}
}

// countNotReady counts member, which is not Ready, by its Pod and by its age.
func (p *poolPass) countNotReady(member *sandboxv1.Sandbox, state memberState) {
	if hasPod(member) {
		p.WithPod++
		p.countPlaced(member)
		if (state == memberWaiting || state == memberNotReady) && !isScheduled(member) && !isGated(member) {
			p.countWaiting(member)
		}
	} else if state != memberRefused {
		p.Unproven++
		if state == memberNew {
			p.Unreported = append(p.Unreported, member)
		}
	}
	if isGated(member) {
		p.Gated++
	}
	if trouble := troubleOf(member); trouble != "" && (p.Trouble == "" || trouble < p.Trouble) {
		p.Trouble = trouble
	}
	if state != memberEnded && state != memberRefused && p.now.Sub(startedAt(member)) < p.Grace {
		p.starting++
	}
}

// maxTrial bounds for how long members that wait for a node keep a pool from trying others, however long its grace period is.
const maxTrial = 5 * time.Minute

// trialLeft returns for how long member, which waits for a node or has got one, is among the last that the pool has tried.
func (p *poolPass) trialLeft(member *sandboxv1.Sandbox) time.Duration {
	return startedAt(member).Add(min(p.Grace, maxTrial)).Sub(p.now)
}

// countPlaced counts member if it has got a node.
func (p *poolPass) countPlaced(member *sandboxv1.Sandbox) {
	if isScheduled(member) && p.trialLeft(member) > 0 {
		p.PlacedNew++
	}
}

// countWaiting counts member, which waits for a node.
func (p *poolPass) countWaiting(member *sandboxv1.Sandbox) {
	p.Waiting++
	if left := p.trialLeft(member); left > 0 {
		p.WaitingNew++
		if p.oldIn == 0 || left < p.oldIn {
			p.oldIn = left
		}
	}
}

// lacksPolicy reports whether member has waited for its template's NetworkPolicy for longer than the grace period.
func (p *poolPass) lacksPolicy(member *sandboxv1.Sandbox) bool {
	return IsWaitingForPolicy(member) && p.now.Sub(notReadySince(member)) >= p.Grace
}

// refused counts member, and notes what the API server said about the first of these, by name.
func (p *poolPass) refused(member *sandboxv1.Sandbox) {
	p.Refused++
	p.requeueIn(p.settings.UnschedulableRecheck)
	if message := refusalOf(member); p.Refusal == "" || message < p.Refusal {
		p.Refusal = message
	}
}

// refusalOf returns what member's Ready condition says, without the random end of its name: the message would differ for
// each member.
func refusalOf(member *sandboxv1.Sandbox) string {
	message := ""
	if ready := readyOf(member.Status.Conditions); ready != nil {
		message = strings.TrimPrefix(ready.Message, errorSeen)
	}
	return withoutSuffix(member, message)
}

// withoutSuffix returns message, which is about member, without the random end of its name.
func withoutSuffix(member *sandboxv1.Sandbox, message string) string {
	if len(member.Name) <= SuffixLength {
		return message
	}
	return strings.ReplaceAll(message, member.Name, member.Name[:len(member.Name)-SuffixLength]+"*")
}

// replaceNotReady adds to Delete those members that are not Ready and are replaced now. At most a quarter of the pool is
// being replaced at a time, which includes replacements that start, and fewer if none of these became Ready (see
// rounds). None is replaced while the replacement would be refused, or while the template does not exist.
//
// Members whose Pods have ended go first, as fast as endBackoff allows. Then go the members that have not been Ready for
// too long, the oldest first.
func (p *poolPass) replaceNotReady() {
	late := p.late
	if len(late) == 0 && len(p.held) > 0 && p.memory.mayProbe(p.Together, p.now) {
		late, p.probed = p.held[:1], true
	}
	if p.edition == nil || p.Refused > 0 {
		p.probed = false
		return
	}
	moving := p.memory.replacedWithin(2*p.Grace, p.now, p.starting+p.Terminating+p.due())
	round := p.rounds.next(latest(p.LastReady, p.memory.readyLast()), p.Grace, p.now)
	left := p.leftOf(round.most(p.want), moving+p.Unschedulable)
	n, wait, ends := p.ends.allow(p.ended, left, p.newest, p.now)
	p.ends, p.EndedAgain = ends, ends.holds()
	slices.SortFunc(p.ended, byTime(endedAt))
	slices.SortFunc(late, byTime(notReadySince))
	replace := slices.Concat(p.ended[:n], late[:max(0, min(len(late), left-n))])
	p.Delete, p.Replace = append(p.Delete, replace...), len(replace)
	if len(replace) > 0 {
		p.rounds = rounds{round.inVain, p.now}
	}
	if wait > 0 {
		p.requeueIn(wait)
	}
	if len(replace) < len(p.ended)+len(late) {
		p.requeueIn(p.settings.UnschedulableRecheck)
	}
}

// due returns how many replacements are still to be created, or were created and are not among the members yet.
func (p *poolPass) due() int { return min(p.Create, p.memory.stillDue(p.Terminating)) }

// staying returns the members that are not in Delete.
func (p *poolPass) staying() []*sandboxv1.Sandbox {
	gone := make(map[*sandboxv1.Sandbox]bool, len(p.Delete))
	for _, member := range p.Delete {
		gone[member] = true
	}
	if len(gone) == 0 {
		return p.members
	}
	return slices.DeleteFunc(p.members, func(member *sandboxv1.Sandbox) bool { return gone[member] })
}

// byTime compares members by a time, the earliest first, then by name.
func byTime(at func(*sandboxv1.Sandbox) time.Time) func(a, b *sandboxv1.Sandbox) int {
	return func(a, b *sandboxv1.Sandbox) int { return cmp.Or(at(a).Compare(at(b)), cmp.Compare(a.Name, b.Name)) }
}
