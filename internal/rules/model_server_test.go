package rules_test

import (
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// The model runs the whole protocol of a claim on an API server in memory, in schedules drawn at random. The protocol
// is to bind, adopt or create, report, expire, and get more time. The workers' caches are stale by as much as the
// schedule chooses. Workers stop between any two requests, for ever or for a while. Users, pool controllers and the
// garbage collector act in between. Every write passes the rules that the webhooks apply, with the look-ups that the
// webhooks make. Objects are compared and swapped as resource versions and the tests of an AdoptionPatch do it.
//
// An update is two steps of a schedule: admission, which may look at another object, and the commit. The API server
// commits only if the object is the one that was admitted. So what a rule rests on must stay true in between. A
// creation is one step. The model leaves out the milliseconds between its admission and its commit (see
// TestModelOfACreationInFlight).

// protocol holds the rules under test, so that a test can remove one.
type protocol struct {
	nextStep       func(*extensionsv1.SandboxClaim, *sandboxv1.Sandbox) rules.Step
	checkBinding   func(old, obj *extensionsv1.SandboxClaim, bound *sandboxv1.Sandbox) bool
	checkAdopter   func(old, sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) bool
	stillExpired   func(*extensionsv1.SandboxClaim) bool
	createInFlight bool
	withoutBinding bool
	namesAgain     bool
}

func theProtocol() protocol {
	return protocol{
		nextStep:     rules.NextStep,
		stillExpired: func(claim *extensionsv1.SandboxClaim) bool { return rules.IsClaimExpired(claim, builder.Epoch) },
		checkBinding: func(old, obj *extensionsv1.SandboxClaim, bound *sandboxv1.Sandbox) bool {
			return len(rules.CheckBinding(old, obj, bound)) == 0
		},
		checkAdopter: func(old, sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) bool {
			return len(rules.CheckAdoption(old, sandbox, claim)) == 0
		},
	}
}

// outcome is how a write ended.
type outcome int

const (
	done outcome = iota
	// conflict: the object is not the one on which the write was decided.
	conflict
	// refused: a rule, or a test in a patch, refused the write.
	refused
	// exists: a creation found the name taken.
	exists
)

// commit is a write that was admitted but not committed yet.
type commit func() outcome

func end(o outcome) commit { return func() outcome { return o } }

// server is the API server: objects by name, never changed in place, and the logs that caches follow.
type server struct {
	protocol

	claims    map[string]*extensionsv1.SandboxClaim
	sandboxes map[string]*sandboxv1.Sandbox
	pools     map[string]*extensionsv1.SandboxWarmPool

	claimLog   []entry[*extensionsv1.SandboxClaim]
	sandboxLog []entry[*sandboxv1.Sandbox]
	version    int
	ledger     ledger
}

// entry is the new object under a name, or nil if the object was removed.
type entry[T any] struct {
	name   string
	object T
}

func newServer(p protocol) *server {
	return &server{
		protocol: p, claims: map[string]*extensionsv1.SandboxClaim{}, sandboxes: map[string]*sandboxv1.Sandbox{},
		pools: map[string]*extensionsv1.SandboxWarmPool{}, ledger: newLedger(p.createInFlight),
	}
}

func (s *server) nextVersion() string {
	s.version++
	return strconv.Itoa(s.version)
}

func (s *server) nextUID(kind string) types.UID {
	return types.UID(kind + "-" + s.nextVersion())
}

func (s *server) putClaim(claim *extensionsv1.SandboxClaim) {
	s.ledger.claim(claim, s.version)
	claim.ResourceVersion = s.nextVersion()
	s.claims[claim.Name] = claim
	s.claimLog = append(s.claimLog, entry[*extensionsv1.SandboxClaim]{claim.Name, claim})
}

func (s *server) putSandbox(sandbox *sandboxv1.Sandbox) {
	s.ledger.sandbox(s.sandboxes, s.sandboxes[sandbox.Name], sandbox, s.version)
	sandbox.ResourceVersion = s.nextVersion()
	s.sandboxes[sandbox.Name] = sandbox
	s.sandboxLog = append(s.sandboxLog, entry[*sandboxv1.Sandbox]{sandbox.Name, sandbox})
}

func (s *server) removeClaim(name string) {
	delete(s.claims, name)
	s.claimLog = append(s.claimLog, entry[*extensionsv1.SandboxClaim]{name, nil})
}

func (s *server) removeSandbox(name string) {
	delete(s.sandboxes, name)
	s.sandboxLog = append(s.sandboxLog, entry[*sandboxv1.Sandbox]{name, nil})
}

// patchClaim changes a claim. base is the version that was read.
func (s *server) patchClaim(base *extensionsv1.SandboxClaim, change func(*extensionsv1.SandboxClaim)) (*extensionsv1.SandboxClaim, commit) {
	old := s.claims[base.Name]
	if old == nil || old.ResourceVersion != base.ResourceVersion {
		return nil, end(conflict)
	}
	obj := old.DeepCopy()
	change(obj)
	if !s.checkBinding(old, obj, s.sandboxes[rules.Binding(old)]) || len(rules.CheckClaimStatus(old, obj, rules.Controller)) > 0 {
		return nil, end(refused)
	}
	return obj, func() outcome {
		if s.claims[base.Name] != old {
			return conflict
		}
		s.putClaim(obj)
		return done
	}
}

// adopt applies the AdoptionPatch of claim to seen, a Sandbox that was observed. hook is the cache of the webhook that
// admits it.
func (s *server) adopt(claim *extensionsv1.SandboxClaim, seen *sandboxv1.Sandbox, hook *view) (*sandboxv1.Sandbox, commit) {
	old := s.sandboxes[seen.Name]
	if old == nil || old.UID != seen.UID || rules.ControllerOf(old) == nil || rules.ControllerOf(old).UID != rules.ControllerOf(seen).UID {
		return nil, end(refused)
	}
	obj := old.DeepCopy()
	obj.OwnerReferences = []metav1.OwnerReference{*rules.ClaimOwner(claim)}
	if !s.admits(old, obj, rules.Controller, hook) {
		return nil, end(refused)
	}
	return obj, func() outcome {
		if s.sandboxes[seen.Name] != old {
			return conflict
		}
		s.putSandbox(obj)
		return done
	}
}

// end deletes an observed Sandbox, whatever its current state is, if its UID is the same.
func (s *server) end(seen *sandboxv1.Sandbox) commit {
	return func() outcome {
		now := s.sandboxes[seen.Name]
		if now == nil || now.UID != seen.UID {
			return conflict
		}
		s.ledger.ended(now)
		s.removeSandbox(seen.Name)
		return done
	}
}

// create creates a Sandbox for claim, with the name that the claim is bound to.
func (s *server) create(claim *extensionsv1.SandboxClaim, hook *view) (*sandboxv1.Sandbox, commit) {
	sandbox := &sandboxv1.Sandbox{ObjectMeta: metav1.ObjectMeta{
		Name: rules.Binding(claim), UID: s.nextUID("sandbox"), OwnerReferences: []metav1.OwnerReference{*rules.ClaimOwner(claim)},
	}}
	if !s.admits(nil, sandbox, rules.Controller, hook) {
		return nil, end(refused)
	}
	write := func() outcome {
		if s.sandboxes[sandbox.Name] != nil {
			return exists
		}
		s.putSandbox(sandbox)
		return done
	}
	if s.createInFlight {
		return sandbox, write
	}
	return sandbox, end(write())
}

// admits is the validating webhook of Sandboxes.
func (s *server) admits(old, obj *sandboxv1.Sandbox, actor rules.Actor, hook *view) bool {
	if len(rules.CheckController(old, obj, actor)) > 0 {
		return false
	}
	if actor == rules.User && len(rules.CheckUserOwners(old, obj)) > 0 {
		return false
	}
	if !rules.NeedsClaim(old, obj) {
		return true
	}
	name := rules.ControllerOf(obj).Name
	if cached := hook.claims[name]; old != nil && cached != nil && s.checkAdopter(old, obj, cached) {
		return true
	}
	return s.checkAdopter(old, obj, s.claims[name])
}
