package claims

import (
	"fmt"
	"strings"

	"github.com/namesake-sandbox/namesake/test/model/search"
)

// Words implements search.Model.
func (m *Model) Words(s, after *state, step search.Step) string {
	a, b := int(step.A), int(step.B)
	switch step.Kind {
	case begin:
		return fmt.Sprintf("worker %d begins with claim %s, which its cache shows as %s%s",
			a+1, claimName(b), tell(s.caches[a].claims[b]), m.outcome(s, after, a))
	case goOn:
		return fmt.Sprintf("worker %d %s%s", a+1, did(&s.workers[a], s, step.C == 1), m.outcome(s, after, a))
	case crash:
		return fmt.Sprintf("worker %d crashes", a+1)
	case observe:
		return fmt.Sprintf("the cache of %s sees the next change of %s", m.process(a), []string{"a claim", "a Sandbox"}[b])
	case scaleDown:
		return fmt.Sprintf("the pool deletes Sandbox %s as the cache of %s shows it", names[b], m.process(a)) + unchanged(s, after)
	}
	return m.otherWords(s, after, step)
}

func unchanged(s, after *state) string {
	if s.lastRV == after.lastRV {
		return ": refused"
	}
	return ""
}

func (m *Model) process(i int) string {
	if i < m.size.Workers {
		return fmt.Sprintf("worker %d", i+1)
	}
	return fmt.Sprintf("webhook %d", i+1-m.size.Workers)
}

func tell(c claim) string {
	what := "not bound"
	if c.binding != 0 {
		what = "bound to " + names[c.binding]
	}
	if c.record != 0 {
		what += ", has had " + names[c.record]
	}
	if c.expired {
		what += ", expired"
	}
	return what
}

// did says what a worker began its step with.
func did(w *worker, s *state, passing bool) string {
	claim := claimName(int(w.number))
	switch w.place {
	case refreshClaim, lookAgain:
		return fmt.Sprintf("reads claim %s live: %s", claim, tell(s.claims[w.number]))
	case readBound:
		what := fmt.Sprintf("reads Sandbox %s live: %s", names[w.claim.binding], tellSandbox(s.sandboxes[w.claim.binding]))
		if passing {
			what += ", and takes that for final"
		}
		return what
	case choose:
		return "chooses a Sandbox for claim " + claim
	case sendBinding, commitBinding:
		return fmt.Sprintf("goes on to bind claim %s to %s", claim, names[w.choice])
	case sendAdoption, commitAdoption:
		return fmt.Sprintf("goes on to adopt %s for claim %s", names[w.name], claim)
	case sendCreation, commitCreation:
		return fmt.Sprintf("goes on to create %s for claim %s", names[w.claim.binding], claim)
	case sendStatus, sayExpired:
		return fmt.Sprintf("goes on to write the status of claim %s", claim)
	case listControlled:
		return fmt.Sprintf("lists in its cache what claim %s controls", claim)
	case endSandbox:
		return fmt.Sprintf("goes on to delete Sandbox %s, since claim %s has expired", names[w.name], claim)
	case endClaim:
		return fmt.Sprintf("goes on to delete claim %s, which has expired", claim)
	case idle:
	}
	return ""
}

// outcome says what a step of a worker changed, and what the worker is about to do.
func (m *Model) outcome(s, after *state, i int) string {
	var all []string
	for number := range s.claims {
		all = append(all, claimChange(number, s.claims[number], after.claims[number])...)
	}
	for n := range s.sandboxes {
		all = append(all, sandboxChange(name(n), s.sandboxes[n], after.sandboxes[n])...)
	}
	w := &after.workers[i]
	switch w.place {
	case commitBinding:
		all = append(all, fmt.Sprintf("the binding to %s is admitted", names[w.choice]))
	case commitAdoption:
		all = append(all, fmt.Sprintf("the adoption of %s is admitted", names[w.name]))
	case commitCreation:
		all = append(all, fmt.Sprintf("the new Sandbox %s is admitted", names[w.name]))
	case refreshClaim:
		all = append(all, "it has to read the claim live")
	case readBound, endSandbox, endClaim:
		all = append(all, did(w, after, false)+" is next")
	default:
	}
	if len(all) == 0 {
		return ": nothing changes"
	}
	return ": " + strings.Join(all, ", ")
}

func claimChange(number int, old, now claim) []string {
	claim := "claim " + claimName(number)
	var all []string
	switch {
	case now.uid == 0 && old.uid != 0:
		return []string{claim + " is deleted"}
	case old.binding != now.binding:
		all = append(all, fmt.Sprintf("%s is bound to %s", claim, names[now.binding]))
	}
	if old.record != now.record || old.ready != now.ready {
		record := "no Sandbox"
		if now.record != 0 {
			record = names[now.record]
		}
		all = append(all, fmt.Sprintf("the status of %s has %s, Ready=%s", claim, record, conditions[now.ready]))
	}
	return all
}

func sandboxChange(n name, old, now sandbox) []string {
	switch {
	case old.uid == 0 && now.uid != 0:
		return []string{fmt.Sprintf("Sandbox %s is created for %s", names[n], describe(now.owner))}
	case old.uid != 0 && now.uid == 0:
		return []string{fmt.Sprintf("Sandbox %s is deleted", names[n])}
	case old.owner != now.owner:
		return []string{fmt.Sprintf("Sandbox %s comes under %s", names[n], describe(now.owner))}
	}
	return nil
}

func tellSandbox(s sandbox) string {
	switch {
	case s.uid == 0:
		return "it does not exist"
	case s.deleting:
		return "it is terminating"
	}
	return "it is under " + describe(s.owner)
}

func (m *Model) otherWords(s, after *state, step search.Step) string {
	a, b := int(step.A), int(step.B)
	end := unchanged(s, after)
	switch step.Kind {
	case create:
		c := after.claims[a]
		of := "of template " + theTemplate
		if c.pool != 0 {
			of = "of pool " + poolName(int(c.pool)-1)
		}
		return fmt.Sprintf("a user creates claim %s %s: %s, UID %d", claimName(a), of, tell(c), c.uid)
	case remove:
		return fmt.Sprintf("a user deletes claim %s%s", claimName(a), []string{"", ", which stays as terminating"}[b])
	case finalize:
		return []string{"claim " + claimName(a), "Sandbox " + names[a]}[b] + ", which was terminating, is gone"
	case expire:
		return fmt.Sprintf("claim %s expires, under %s", claimName(a), []string{"Retain", "Delete"}[b])
	case extend:
		return fmt.Sprintf("claim %s gets more time", claimName(a))
	case drop:
		return fmt.Sprintf("a user deletes Sandbox %s%s", names[a], []string{"", ", which stays as terminating"}[b])
	case becomeReady:
		return fmt.Sprintf("Sandbox %s turns Ready", names[a])
	case turnUnready:
		return fmt.Sprintf("Sandbox %s turns NotReady", names[a])
	case refill:
		return fmt.Sprintf("pool %s creates Sandbox %s", poolName(a), names[b])
	case replacePool:
		return fmt.Sprintf("pool %s is deleted, and another of its name created", poolName(a))
	case orphan:
		return fmt.Sprintf("the garbage collector takes the owner off Sandbox %s", names[a]) + end
	case collect:
		return fmt.Sprintf("the garbage collector removes Sandbox %s, whose owner is gone", names[a])
	case squat:
		return fmt.Sprintf("a user creates a Sandbox %s", names[coldName(a)])
	case seize:
		return fmt.Sprintf("a user makes claim %s the owner of Sandbox %s", claimName(b), names[a]) + end
	case rebindByHand:
		return fmt.Sprintf("a user writes on claim %s a binding to %s", claimName(a), names[b]) + end
	}
	return ""
}
