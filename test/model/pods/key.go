package pods

import (
	"bytes"
	"slices"
)

// Key implements search.Model. A version of an object counts only as being the present one or not.
func (m *Model) Key(s *state, into []byte) []byte {
	m.uids = m.uids[:0]
	into = append(into, s.lastUID, bit(s.broken != ""))
	into = append(into, s.spent[:]...)
	for _, obj := range s.sandboxes {
		into = sandboxKey(into, obj, true)
	}
	for _, p := range s.pods {
		into = append(m.podKey(into, p, true), bit(p.byUser)|bit(p.sawSuspended)<<1|bit(p.old)<<2)
	}
	var parts [maxWorkers][]byte
	for i := range parts {
		parts[i] = m.workerKey(s, i)
	}
	slices.SortFunc(parts[:], bytes.Compare) // Workers are alike.
	return append(into, slices.Concat(parts[:]...)...)
}

func bit(is bool) byte {
	if is {
		return 1
	}
	return 0
}

func sandboxKey(into []byte, s sandbox, isNow bool) []byte {
	return append(into, s.uid, s.podName, bit(s.ofPool)|bit(s.suspended)<<1|bit(s.task)<<2|bit(s.done)<<3|bit(isNow)<<4)
}

// podKey appends p. Its UID counts only as being that of another Pod or not: there is no end of new ones.
func (m *Model) podKey(into []byte, p pod, isNow bool) []byte {
	at := slices.Index(m.uids, p.uid)
	if at < 0 {
		at = len(m.uids)
		m.uids = append(m.uids, p.uid)
	}
	return append(into, byte(at), bit(p.uid != 0), p.ofUID, p.of, bit(p.adoptable)|bit(p.ended)<<1|bit(p.deleting)<<2|bit(isNow)<<3)
}

func (m *Model) workerKey(s *state, i int) []byte {
	w, c := &s.workers[i], &s.caches[i]
	part := []byte{byte(w.place), bit(c.sandboxesBehind) | bit(c.podsBehind)<<1}
	if c.sandboxesBehind {
		for at, obj := range c.sandboxes {
			part = sandboxKey(part, obj, obj.rv == s.sandboxes[at].rv)
		}
	}
	if c.podsBehind {
		for at, p := range c.pods {
			part = m.podKey(part, p, p.rv == s.pods[at].rv)
		}
	}
	if w.place == idle {
		return part
	}
	part = append(part, w.at, w.podAt, bit(w.tried))
	return m.podKey(sandboxKey(part, w.sandbox, w.sandbox.rv == s.sandboxes[w.at].rv), w.pod, w.pod.rv == s.pods[w.podAt].rv)
}
