package replicas

import (
	"maps"
	"slices"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
)

// prefix is that of the annotations in which replicas note that they are there. The rest of the key is the identity.
const prefix = "replica.namesake.agents.x-k8s.io/"

// notesOf returns the notes in lease, by identity.
func notesOf(lease *coordinationv1.Lease) map[string]string {
	notes := map[string]string{}
	for key, note := range lease.Annotations {
		if identity, ok := strings.CutPrefix(key, prefix); ok {
			notes[identity] = note
		}
	}
	return notes
}

// annotations returns the annotations of lease with these notes.
func annotations(lease *coordinationv1.Lease, notes map[string]string) map[string]string {
	all := map[string]string{}
	for key, value := range lease.Annotations {
		if !strings.HasPrefix(key, prefix) {
			all[key] = value
		}
	}
	for identity, note := range notes {
		all[prefix+identity] = note
	}
	return all
}

// roster knows since when the note of each other replica is the same. It compares no clocks: a note is anything that differs from
// the one before.
type roster struct {
	self  string
	heard map[string]word
}

// word is a note, and when it was first read.
type word struct {
	note string
	at   time.Time
}

// hear reads notes at the time now, and takes out those that have been the same for Silence. It returns whose are left, but for
// its own, in order. The list is never nil.
func (r *roster) hear(notes map[string]string, now time.Time) []string {
	maps.DeleteFunc(r.heard, func(identity string, _ word) bool {
		_, there := notes[identity]
		return !there
	})
	others := []string{}
	for _, identity := range slices.Sorted(maps.Keys(notes)) {
		last, known := r.heard[identity]
		switch note := notes[identity]; {
		case identity == r.self:
			continue
		case !known || last.note != note:
			r.heard[identity] = word{note, now}
		case now.Sub(last.at) >= Silence:
			delete(notes, identity) // It stays in heard until the write of that has gone well.
			continue
		}
		others = append(others, identity)
	}
	return others
}
