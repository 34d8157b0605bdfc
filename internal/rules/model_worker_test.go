package rules_test

import (
	"maps"
	"slices"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// view is a cache: what the server had, up to some entry of each of its logs.
type view struct {
	claims                    map[string]*extensionsv1.SandboxClaim
	sandboxes                 map[string]*sandboxv1.Sandbox
	claimsSeen, sandboxesSeen int
}

func newView() *view {
	return &view{claims: map[string]*extensionsv1.SandboxClaim{}, sandboxes: map[string]*sandboxv1.Sandbox{}}
}

// follow reads the next entries of the logs. claims and sandboxes limit the number of entries of each.
func (v *view) follow(s *server, claims, sandboxes int) {
	v.claimsSeen += replay(v.claims, s.claimLog[v.claimsSeen:], claims)
	v.sandboxesSeen += replay(v.sandboxes, s.sandboxLog[v.sandboxesSeen:], sandboxes)
}

func (v *view) catchUp(s *server) { v.follow(s, len(s.claimLog), len(s.sandboxLog)) }

func replay[T comparable](into map[string]T, log []entry[T], n int) int {
	var gone T
	n = min(n, len(log))
	for _, e := range log[:n] {
		if e.object == gone {
			delete(into, e.name)
		} else {
			into[e.name] = e.object
		}
	}
	return n
}

// phase is what a worker does next.
type phase int

const (
	idle phase = iota
	readClaim
	readSandbox
	act
	verify
)

// worker reconciles claims as the reconciler does, one request a step.
type worker struct {
	*view

	hook    *view // of the webhooks
	phase   phase
	claim   *extensionsv1.SandboxClaim
	sandbox *sandboxv1.Sandbox
	live    bool
	commit  commit
	after   func(outcome)
}

// crash forgets everything except the cache. Another process takes over, with a stale cache.
func (w *worker) crash() {
	*w = worker{view: w.view, hook: w.hook}
}

// begin starts to reconcile a claim, as the cache has it.
func (w *worker) begin(claim *extensionsv1.SandboxClaim) {
	w.claim, w.live, w.phase = claim, false, readSandbox
}

func (w *worker) step(s *server, seed *seed) {
	if w.commit != nil {
		o := w.commit()
		w.commit = nil
		w.after(o)
		return
	}
	switch w.phase {
	case idle:
		if name, ok := pick(seed, w.claims); ok && w.claims[name].DeletionTimestamp == nil {
			w.begin(w.claims[name])
		}
	case readClaim:
		w.claim, w.phase = s.claims[w.claim.Name], readSandbox
		if w.claim == nil || rules.IsClaimExpired(w.claim, builder.Epoch) {
			w.phase = idle
		}
	case readSandbox:
		w.sandbox, w.phase = w.sandboxes[rules.Binding(w.claim)], act
		if w.live {
			w.sandbox = s.sandboxes[rules.Binding(w.claim)]
		}
	case act:
		w.act(s, seed)
	case verify:
		w.phase = idle
		if now := s.claims[w.claim.Name]; now != nil && now.UID == w.claim.UID && s.stillExpired(now) {
			w.commit, w.after = s.end(w.sandbox), func(outcome) {}
		}
	}
}

// expire handles an expired claim. The status reports it first. Then what the claim controls is deleted.
func (w *worker) expire(s *server) {
	if w.sandbox != nil && !rules.ControlledBy(w.sandbox, w.claim) {
		w.sandbox = nil
	}
	if status := rules.ExpiredStatus(w.claim, w.sandbox, builder.Epoch); rules.ClaimStatusChanged(w.claim, status) {
		obj, commit := s.patchClaim(w.claim, func(claim *extensionsv1.SandboxClaim) { claim.Status = status })
		w.commit, w.after = commit, func(o outcome) {
			w.claim = obj
			if o != done {
				w.phase = idle
			}
		}
		return
	}
	w.phase = idle
	for _, name := range slices.Sorted(maps.Keys(w.sandboxes)) {
		if rules.ControlledBy(w.sandboxes[name], w.claim) {
			w.sandbox, w.phase = w.sandboxes[name], verify
		}
	}
}

// act takes the step that the rules choose.
func (w *worker) act(s *server, seed *seed) {
	if rules.IsClaimExpired(w.claim, builder.Epoch) {
		w.expire(s)
		return
	}
	if s.withoutBinding {
		w.grab(s, seed)
		return
	}
	step := s.nextStep(w.claim, w.sandbox)
	if !w.live && !rules.IsSafeOnCache(w.claim, step) {
		w.readLive()
		return
	}
	switch step {
	case rules.StepServe:
		w.report(s)
	case rules.StepBind:
		name := w.choose(s, seed)
		obj, commit := s.patchClaim(w.claim, func(claim *extensionsv1.SandboxClaim) {
			claim.Annotations = map[string]string{sandboxv1.AnnotationBinding: name}
		})
		w.send(commit, func() { w.claim, w.phase = obj, readSandbox })
	case rules.StepAdopt:
		w.adopt(s)
	case rules.StepCreate:
		obj, commit := s.create(w.claim, w.hook)
		w.send(commit, func() { w.sandbox = obj })
	default:
		w.phase = idle
	}
}

func (w *worker) adopt(s *server) {
	obj, commit := s.adopt(w.claim, w.sandbox, w.hook)
	w.send(commit, func() { w.sandbox = obj })
	otherwise := w.after
	w.after = func(o outcome) {
		if o != conflict { // The API server itself retries on the current object.
			otherwise(o)
		}
	}
}

// grab replaces act for a protocol in which a claim adopts whatever it finds and is bound to nothing.
func (w *worker) grab(s *server, seed *seed) {
	for _, sandbox := range w.sandboxes {
		if rules.ControlledBy(sandbox, w.claim) {
			w.phase = idle
			return
		}
	}
	name := candidate(seed, w.view, w.claim)
	if name == "" {
		w.phase = idle
		return
	}
	w.sandbox = w.sandboxes[name]
	w.adopt(s)
	w.after = func(outcome) { w.phase = idle }
}

// report writes the state of the claim's Sandbox to the claim's status.
func (w *worker) report(s *server) {
	status := rules.ClaimStatus(w.claim, w.sandbox, nil, builder.Epoch)
	if !rules.ClaimStatusChanged(w.claim, status) {
		w.phase = idle
		return
	}
	_, commit := s.patchClaim(w.claim, func(claim *extensionsv1.SandboxClaim) { claim.Status = status })
	w.commit, w.after = commit, func(outcome) { w.phase = idle }
}

// choose returns what to bind the claim to. That is a candidate in the cache, or a cold name if there is none, and
// sometimes anyway.
func (w *worker) choose(s *server, seed *seed) string {
	if name := candidate(seed, w.view, w.claim); name != "" && !rules.IsBindingLost(w.claim, w.sandboxes[name]) && !seed.oneIn(3) {
		return name
	}
	namesake := s.sandboxes[w.claim.Name]
	return rules.ColdName(w.claim, namesake != nil && !rules.ControlledBy(namesake, w.claim))
}

func candidate(seed *seed, v *view, claim *extensionsv1.SandboxClaim) string {
	name, _ := pick(seed, v.sandboxes)
	if name == "" || rules.IsColdName(claim, name) {
		return ""
	}
	if _, ok := rules.CandidateGroupOf(v.sandboxes[name]); !ok {
		return ""
	}
	return name
}

// send waits for the commit. It calls then if the write is done, and starts afresh after any other outcome.
func (w *worker) send(c commit, then func()) {
	w.commit, w.after = c, func(o outcome) {
		if o == done {
			then()
			return
		}
		w.readLive()
	}
}

func (w *worker) readLive() { w.live, w.phase = true, readClaim }
