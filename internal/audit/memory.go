package audit

import (
	"maps"
	"slices"
	"time"
)

// Memory knows since when each finding is seen, and which were told. It is for one auditor, and not safe for concurrent use.
type Memory struct {
	seen map[Key]*seen
}

// seen is what is known of a finding.
type seen struct {
	finding Finding
	since   time.Time
	// confirmed says that a live look has found it once. told says that it was found again when it had lasted long enough.
	confirmed, told bool
}

// NewMemory returns a Memory that knows nothing.
func NewMemory() *Memory { return &Memory{seen: map[Key]*seen{}} }

// Observe records what a look at everything has found. What it has not found any more is forgotten, and returned if it was told.
func (m *Memory) Observe(findings []Finding, now time.Time) (ended []Finding) {
	current := make(map[Key]bool, len(findings))
	for i := range findings {
		key := findings[i].Key()
		current[key] = true
		if before := m.seen[key]; before != nil {
			before.finding = findings[i]
			continue
		}
		m.seen[key] = &seen{finding: findings[i], since: now}
	}
	for key, known := range m.seen {
		if !current[key] {
			delete(m.seen, key)
			if known.told {
				ended = append(ended, known.finding)
			}
		}
	}
	Sort(ended)
	return ended
}

// Due returns the findings that have to be confirmed now, violations first, at most limit: those that are new, and those that have lasted
// long enough to be told.
func (m *Memory) Due(now time.Time, limit int) []Finding {
	var due []Finding
	for _, known := range m.seen {
		if at, waits := known.dueAt(); waits && !now.Before(at) {
			due = append(due, known.finding)
		}
	}
	Sort(due)
	return due[:min(len(due), limit)]
}

// dueAt returns when a finding has to be confirmed next, and false if it does not.
func (s *seen) dueAt() (time.Time, bool) {
	switch {
	case s.told:
		return time.Time{}, false
	case !s.confirmed:
		return s.since, true
	}
	return s.since.Add(byID[s.finding.Check].Lasts), true
}

// Next returns when Due has something next, and false if nothing waits.
func (m *Memory) Next() (time.Time, bool) {
	var next time.Time
	for _, known := range m.seen {
		if at, waits := known.dueAt(); waits && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, !next.IsZero()
}

// Confirmed records the outcome of a live look at a finding that was due. It returns true if the finding is to be told now. A finding that
// does not hold is forgotten.
func (m *Memory) Confirmed(finding *Finding, holds bool, now time.Time) (tell bool) {
	known := m.seen[finding.Key()]
	switch {
	case known == nil:
		return false
	case !holds:
		delete(m.seen, finding.Key())
		return false
	}
	known.confirmed = true
	if now.Before(known.since.Add(byID[finding.Check].Lasts)) {
		return false
	}
	known.told = true
	return true
}

// Told returns the findings that hold and were told, sorted.
func (m *Memory) Told() []Finding {
	var told []Finding
	for known := range maps.Values(m.seen) {
		if known.told {
			told = append(told, known.finding)
		}
	}
	Sort(told)
	return slices.Clip(told)
}
