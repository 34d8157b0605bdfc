package pods

import "github.com/namesake-sandbox/namesake/internal/rules"

type place uint8

const (
	idle       place = iota
	lookForPod       // read the Sandbox's Pod live
	writeName        // record that its next Pod has the Sandbox's own name
	lookAtTask       // read the Sandbox live: a task runs once
	sendPod          // create the Pod
	commitPod        // it was admitted
	takeOver         // take over a Pod
	lookAtStop       // read the Sandbox live: is it still suspended?
	deletePod        // delete the Pod
	writeDone        // write that the task has finished
)

// worker reconciles one Sandbox at a time.
type worker struct {
	place   place
	at      uint8   // of the Sandbox
	sandbox sandbox // as it was read
	podAt   uint8
	pod     pod  // as it was read
	tried   bool // it tried to create the Pod, and found the name taken
}

// isOf reports whether the Sandbox of that place controls p.
func (p pod) isOf(at uint8, s sandbox) bool { return p.uid != 0 && p.ofUID == s.uid && p.of == at }

// begins starts to reconcile a Sandbox, as the cache has it.
func (m *Model) begins(s *state, i int, at uint8) {
	c, w := &s.caches[i], &s.workers[i]
	obj := c.sandboxes[at]
	*w = worker{at: at, sandbox: obj}
	found := -1
	for n := range c.pods {
		if c.pods[n].isOf(at, obj) {
			found = n
		}
	}
	switch {
	case found >= 0:
		m.found(w, uint8(found), c.pods[found])
	case obj.suspended, obj.podName != at && !m.is.off.LivePod:
		w.place = lookForPod
	default:
		m.absent(w, c.pods[at])
	}
}

// found goes on with the Sandbox's Pod.
func (m *Model) found(w *worker, at uint8, p pod) {
	w.podAt, w.pod = at, p
	switch {
	case w.sandbox.suspended && !p.deleting && m.is.off.LiveStop:
		w.place = deletePod
	case w.sandbox.suspended && !p.deleting:
		w.place = lookAtStop
	case p.ended && w.sandbox.task && !w.sandbox.done:
		w.place = writeDone
	default:
		*w = worker{}
	}
}

// absent goes on where the Sandbox has no Pod. inTheWay is another Pod of its name, which may not exist.
func (m *Model) absent(w *worker, inTheWay pod) {
	switch {
	case w.sandbox.suspended, m.is.isDone(w.at, w.sandbox):
		*w = worker{}
	case inTheWay.uid != 0 && m.is.mayTakeOver(w.at, w.sandbox, w.at, inTheWay):
		w.podAt, w.pod, w.place = w.at, inTheWay, takeOver
	case inTheWay.uid != 0, w.tried:
		*w = worker{}
	case w.sandbox.task && !m.is.off.LiveTask:
		w.place = lookAtTask
	default:
		w.place = sendPod
	}
}

// goesOn takes the next step of a worker.
func (m *Model) goesOn(s *state, i int, terminating bool) {
	w := &s.workers[i]
	now := s.sandboxes[w.at]
	switch w.place {
	case lookForPod:
		m.looksForPod(s, w)
	case writeName:
		if now.uid != w.sandbox.uid || now.rv != w.sandbox.rv {
			*w = worker{}
			return
		}
		now.podName = w.at
		m.putSandbox(s, w.at, now)
		w.sandbox, w.place = s.sandboxes[w.at], lookForPod
	case lookAtTask:
		if now.uid != w.sandbox.uid || m.is.isDone(w.at, now) {
			*w = worker{}
			return
		}
		w.place = sendPod
		if m.size.Atomic {
			m.creates(s, w)
		}
	case sendPod, commitPod:
		m.creates(s, w)
	case takeOver:
		m.takesOver(s, w)
		*w = worker{}
	case lookAtStop:
		if now.uid != w.sandbox.uid || now.suspended != w.sandbox.suspended {
			*w = worker{}
			return
		}
		w.place = deletePod
	case deletePod:
		m.deletes(s, w, terminating)
		*w = worker{}
	case writeDone:
		if now.uid == w.sandbox.uid && now.rv == w.sandbox.rv {
			now.done = true
			m.putSandbox(s, w.at, now)
		}
		*w = worker{}
	case idle:
	}
}

// looksForPod reads the Pod live. If it is gone for certain, the next one has the Sandbox's own name.
func (m *Model) looksForPod(s *state, w *worker) {
	at := w.sandbox.podName
	switch live := s.pods[at]; {
	case live.isOf(w.at, w.sandbox):
		m.found(w, at, live)
	case at != w.at:
		w.place = writeName
	default:
		m.absent(w, live)
	}
}

// creates asks for the new Pod, and stores it then.
func (m *Model) creates(s *state, w *worker) {
	next := pod{ofUID: w.sandbox.uid, of: w.at}
	if w.place == sendPod {
		if !m.is.admits(w.at, pod{}, next, s.sandboxes[w.at], rules.Controller) {
			*w = worker{}
			return
		}
		w.place = commitPod
		if !m.size.Atomic {
			return
		}
	}
	if s.pods[w.at].uid != 0 {
		w.place, w.tried = lookForPod, true
		return
	}
	m.putPod(s, w.at, m.newPod(s, next))
	*w = worker{}
}

// takesOver makes the Sandbox the owner of the Pod, in the version that was read.
func (m *Model) takesOver(s *state, w *worker) {
	now := s.pods[w.podAt]
	if now.uid != w.pod.uid || now.rv != w.pod.rv {
		return
	}
	next := now
	next.ofUID, next.of = w.sandbox.uid, w.at
	if m.is.admits(w.podAt, now, next, s.sandboxes[w.at], rules.Controller) {
		m.putPod(s, w.podAt, next)
	}
}

// deletes removes the Pod, in the version that was read.
func (m *Model) deletes(s *state, w *worker, terminating bool) {
	now := s.pods[w.podAt]
	if now.uid == 0 || (now.uid != w.pod.uid || now.rv != w.pod.rv) && !m.is.off.Version {
		return
	}
	m.checkStopped(s, w.podAt)
	if terminating {
		now.deleting = true
		m.putPod(s, w.podAt, now)
		return
	}
	m.putPod(s, w.podAt, pod{})
}
