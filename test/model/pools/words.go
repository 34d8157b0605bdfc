package pools

import (
	"fmt"
	"strings"

	"github.com/namesake-sandbox/namesake/test/model/search"
)

// Words implements search.Model.
func (m *Model) Words(s, after *state, step search.Step) string {
	a, b := uint8(step.A), uint8(step.B)
	switch step.Kind {
	case begin:
		return fmt.Sprintf("worker %d begins with pool %s, of which its cache shows %s: %s",
			a+1, poolName(b), m.shown(s, a, b), m.aim(after, a, ""))
	case goOn:
		end := map[uint8]string{isRefused: ", which is refused", isLost: ", and gets no answer"}[b]
		return fmt.Sprintf("worker %d goes on to %s: %s", a+1, m.aim(s, a, "")+end, changes(s, after, m.aim(after, a, "nothing changes")))
	case crash:
		if m.size.Leaders == 1 {
			return fmt.Sprintf("worker %d crashes, and worker %d leads", a+1, 2-a)
		}
		return fmt.Sprintf("worker %d crashes", a+1)
	case observe:
		return fmt.Sprintf("the cache of worker %d %s", a+1, [...]string{
			"sees the next change of a Sandbox", "shows all pools as they are", "shows the template as it is", "shows all Sandboxes as they are",
		}[b])
	case edit:
		return fmt.Sprintf("a user changes the template to version %d", after.version)
	case scale:
		return fmt.Sprintf("a user makes pool %s want %d", poolName(a), b)
	case remove:
		return fmt.Sprintf("a user deletes pool %s", poolName(a))
	case restore:
		return fmt.Sprintf("a user creates pool %s again", poolName(a))
	}
	return onSandboxWords(step.Kind, sandboxName(a))
}

// onSandboxWords says what happens to a Sandbox.
func onSandboxWords(kind uint8, name string) string {
	switch kind {
	case becomeReady:
		return fmt.Sprintf("Sandbox %s turns Ready", name)
	case adopt:
		return fmt.Sprintf("a claim adopts Sandbox %s", name)
	case drop:
		return fmt.Sprintf("a user deletes Sandbox %s", name)
	case finalize:
		return fmt.Sprintf("Sandbox %s, which was terminating, is gone", name)
	case collect:
		return fmt.Sprintf("the garbage collector removes Sandbox %s, whose pool is gone", name)
	}
	return fmt.Sprintf("the garbage collector takes the owner off Sandbox %s, whose pool is gone", name)
}

// shown says which members of a pool a cache shows.
func (m *Model) shown(s *state, i, at uint8) string {
	c := &s.caches[i]
	var names []string
	for n, obj := range c.sandboxes {
		if m.is.isMember(obj, at, c.pools[at].life) {
			names = append(names, sandboxName(uint8(n)))
		}
	}
	if len(names) == 0 {
		return fmt.Sprintf("none of %d members", c.pools[at].want)
	}
	return fmt.Sprintf("%s, of %d members", strings.Join(names, ", "), c.pools[at].want)
}

// aim says what a worker does next, or otherwise if nothing is left to do.
func (m *Model) aim(s *state, i uint8, otherwise string) string {
	w := &s.workers[i]
	switch w.place {
	case counting:
		return fmt.Sprintf("find out whether %d are missing", w.plan.create)
	case creating:
		return fmt.Sprintf("create %d Sandboxes", w.left)
	case deleting:
		var names []string
		for at := range uint8(maxSandboxes) {
			if w.plan.doomed.has(at) {
				names = append(names, sandboxName(at))
			}
		}
		return "delete " + strings.Join(names, ", ")
	case idle:
	}
	if otherwise == "" {
		return "nothing is left to do"
	}
	return otherwise
}

// changes says what a worker changed, and what it is about to do.
func changes(s, after *state, next string) string {
	var all []string
	for at := range s.sandboxes {
		name := sandboxName(uint8(at))
		switch old, now := s.sandboxes[at], after.sandboxes[at]; {
		case !old.exists && now.exists:
			all = append(all, fmt.Sprintf("Sandbox %s is created", name))
		case old.exists && !now.exists:
			all = append(all, fmt.Sprintf("Sandbox %s is deleted", name))
		case now.deleting && !old.deleting:
			all = append(all, fmt.Sprintf("Sandbox %s is terminating", name))
		}
	}
	if len(all) == 0 {
		return next
	}
	return strings.Join(all, ", ")
}
