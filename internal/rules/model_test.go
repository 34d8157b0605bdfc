package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	schedules = 2000
	turns     = 200
)

// runSchedule runs one schedule to its end, or until an invariant breaks, and returns the world.
func runSchedule(p protocol, number int) *world {
	w := newWorld(p, number)
	for range turns {
		w.turn()
		if w.ledger.broken != "" {
			break
		}
	}
	return w
}

// settle lets the workers catch up and continue until none of them can make progress for any claim. It returns what the
// claims wait for then.
func (w *world) settle(t *testing.T) map[string]rules.Step {
	t.Helper()
	for range 100 {
		for _, name := range slices.Sorted(maps.Keys(w.claims)) {
			if w.claims[name].DeletionTimestamp != nil {
				w.removeClaim(name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(w.sandboxes)) {
			if w.sandboxes[name].DeletionTimestamp != nil {
				w.removeSandbox(name)
			}
		}
		w.collect()
		w.hook.catchUp(w.server)
		waiting := map[string]rules.Step{}
		settled := true
		for _, name := range slices.Sorted(maps.Keys(w.claims)) {
			claim := w.claims[name]
			step := w.nextStep(claim, w.sandboxes[rules.Binding(claim)])
			expired := rules.IsClaimExpired(claim, builder.Epoch)
			if expired {
				step = stepExpire
			}
			waiting[name] = step
			switch {
			case expired:
				settled = settled && rules.IsReportedExpired(claim) && len(w.controlled(claim)) == 0
			case step == rules.StepServe:
				settled = settled && claim.Status.Sandbox.Name != ""
			case step != rules.StepMissing && step != rules.StepBlocked:
				settled = false
			}
			if !settled {
				w.pass(name)
			}
		}
		if settled || w.ledger.broken != "" {
			return waiting
		}
	}
	t.Fatal("claims did not settle")
	return nil
}

// stepExpire stands for what an expired claim needs.
const stepExpire rules.Step = "Expire"

// controlled returns the names of the Sandboxes that claim controls.
func (s *server) controlled(claim *extensionsv1.SandboxClaim) []string {
	var names []string
	for name, sandbox := range s.sandboxes {
		if rules.ControlledBy(sandbox, claim) {
			names = append(names, name)
		}
	}
	return names
}

// pass reconciles a claim once, undisturbed.
func (w *world) pass(name string) {
	worker := w.workers[0]
	worker.crash()
	worker.catchUp(w.server)
	worker.begin(worker.claims[name])
	for worker.phase != idle || worker.commit != nil {
		worker.step(w.server, &w.seed)
	}
}

func TestModelKeepsTheInvariants(t *testing.T) {
	t.Parallel()
	seen := map[rules.Step]int{}
	warm, cold, rebound, revived, misfit := 0, 0, 0, 0, 0
	for number := range schedules {
		w := runSchedule(theProtocol(), number)
		waiting := w.settle(t)
		if w.ledger.broken != "" {
			t.Fatalf("schedule %d: %s", number, w.ledger.broken)
		}
		for name, step := range waiting {
			seen[step]++
			if claim := w.claims[name]; step == rules.StepMissing && w.ledger.recorded[claim.UID] == "" {
				t.Errorf("schedule %d: claim %q misses a Sandbox that it never had", number, name)
			}
		}
		for _, sandbox := range w.sandboxes {
			if !rules.IsClaim(rules.ControllerOf(sandbox)) {
				continue
			}
			if w.ledger.changes[sandbox.UID] > 0 {
				warm++
				claim := w.claims[rules.ControllerOf(sandbox).Name]
				if claim != nil && rules.ControlledBy(sandbox, claim) && claim.Spec.WarmPoolRef != nil && !strings.HasPrefix(sandbox.Name, claim.Spec.WarmPoolRef.Name+"-") {
					t.Errorf("schedule %d: claim %q of pool %q has Sandbox %q", number, claim.Name, claim.Spec.WarmPoolRef.Name, sandbox.Name)
				}
			} else {
				cold++
			}
		}
		rebound += rebindings(w)
		revived += revivals(w)
		misfit += misfits(w)
	}
	t.Logf("claims ended so: %v; Sandboxes adopted: %d, created: %d; bindings rewritten: %d; Sandboxes after an end: %d; bound to another pool's: %d",
		seen, warm, cold, rebound, revived, misfit)
	for _, step := range []rules.Step{rules.StepServe, rules.StepMissing, rules.StepBlocked, stepExpire} {
		if seen[step] == 0 {
			t.Errorf("no claim ended with %s: the schedules do not reach it", step)
		}
	}
	if warm == 0 || cold == 0 || rebound == 0 || revived == 0 || misfit == 0 {
		t.Error("the schedules do not reach every kind of binding")
	}
}

// rebindings counts the claims that were bound twice.
func rebindings(w *world) int {
	count := 0
	before := map[string]*extensionsv1.SandboxClaim{}
	for _, e := range w.claimLog {
		if old := before[e.name]; old != nil && e.object != nil && old.UID == e.object.UID &&
			rules.Binding(old) != "" && rules.Binding(old) != rules.Binding(e.object) {
			count++
		}
		before[e.name] = e.object
	}
	return count
}

// revivals counts the claims that released their Sandbox and got one again.
func revivals(w *world) int {
	count := 0
	had := map[types.UID]bool{}
	before := map[types.UID]string{}
	for _, e := range w.claimLog {
		if e.object == nil {
			continue
		}
		now := e.object.Status.Sandbox.Name
		if before[e.object.UID] == "" && now != "" && had[e.object.UID] {
			count++
		}
		before[e.object.UID] = now
		had[e.object.UID] = had[e.object.UID] || now != ""
	}
	return count
}

// Between the admission of a creation and its commit, nothing compares the claim with what it was. In these
// milliseconds a claim can get its Sandbox, lose it, and get another of the same name. Even then it must never have two
// at a time, and no Sandbox may have two claims.
func TestModelOfACreationInFlight(t *testing.T) {
	t.Parallel()
	p := theProtocol()
	p.createInFlight = true
	for number := range schedules / 3 {
		if w := runSchedule(p, number); w.ledger.broken != "" {
			t.Fatalf("schedule %d: %s", number, w.ledger.broken)
		}
	}
}

// The model must be able to fail: with a rule removed, the same schedules break an invariant.
func TestModelNeedsEveryRule(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*protocol){
		"a claim adopts what is there, bound or not": func(p *protocol) {
			p.withoutBinding = true
			p.checkAdopter = func(_, sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) bool {
				return claim != nil && rules.ControlledBy(sandbox, claim)
			}
		},
		"a cold binding is rewritten while its Sandbox is not there": func(p *protocol) {
			asked := 0
			p.nextStep = func(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) rules.Step {
				step := rules.NextStep(claim, sandbox)
				asked++
				if step == rules.StepCreate && asked%2 == 0 {
					return rules.StepBind
				}
				return step
			}
			p.checkBinding = func(old, obj *extensionsv1.SandboxClaim, bound *sandboxv1.Sandbox) bool {
				return len(rules.CheckBinding(old, obj, bound)) == 0 ||
					(old.Status.Sandbox.Name == "" && rules.IsColdName(old, rules.Binding(old)) && bound == nil)
			}
		},
		"a warm binding is rewritten for a reason that passes": func(p *protocol) {
			unready := func(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) bool {
				return claim.Status.Sandbox.Name == "" && !rules.IsColdName(claim, rules.Binding(claim)) &&
					sandbox != nil && !rules.ControlledBy(sandbox, claim) && !rules.IsReady(sandbox)
			}
			p.nextStep = func(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) rules.Step {
				if rules.Binding(claim) != "" && unready(claim, sandbox) {
					return rules.StepBind
				}
				return rules.NextStep(claim, sandbox)
			}
			p.checkBinding = func(old, obj *extensionsv1.SandboxClaim, bound *sandboxv1.Sandbox) bool {
				return len(rules.CheckBinding(old, obj, bound)) == 0 || (rules.Binding(old) != "" && unready(old, bound))
			}
		},
		"a claim adopts what does not fit, while its binding may be rewritten for that": func(p *protocol) {
			next := p.nextStep
			turn := 0
			p.nextStep = func(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) rules.Step { // Of two versions of the program.
				turn++
				if turn%2 == 0 {
					return next(fitting(claim, sandbox), sandbox)
				}
				return next(claim, sandbox)
			}
			p.checkAdopter = func(old, sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) bool {
				return len(rules.CheckAdoption(old, sandbox, fitting(claim, old))) == 0
			}
		},
		"an expired claim's Sandbox is deleted without another look at the claim": func(p *protocol) {
			p.stillExpired = func(*extensionsv1.SandboxClaim) bool { return true }
		},
		"a claim that had a Sandbox creates it again": func(p *protocol) {
			p.checkAdopter = func(old, sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) bool {
				if claim != nil {
					claim = claim.DeepCopy()
					claim.Status.Sandbox.Name = ""
				}
				return len(rules.CheckAdoption(old, sandbox, claim)) == 0
			}
		},
		"a pool gives a name a second time, while a webhook's cache still has the claim of the first": func(p *protocol) {
			p.namesAgain = true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := theProtocol()
			spoil(&p)
			for number := range 5 * schedules {
				if w := runSchedule(p, number); w.ledger.broken != "" {
					t.Logf("schedule %d: %s", number, w.ledger.broken)
					return
				}
			}
			t.Error("no schedule broke an invariant: the model cannot tell")
		})
	}
}
