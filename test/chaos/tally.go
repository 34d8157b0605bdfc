package main

import (
	"fmt"
	"sync"

	"github.com/namesake-sandbox/namesake/test/chaos/plan"
	"github.com/namesake-sandbox/namesake/test/chaos/users"
)

// left is the outcome of an operation for which there was no room.
const left users.Outcome = "left out"

// tally counts what was done.
type tally struct {
	mu         sync.Mutex
	operations map[plan.OperationKind]map[users.Outcome]int
	faults     map[plan.FaultKind]int
	restarts   map[string]int
	// refusals holds what the API server said when it refused, with how often; the first words only.
	refusals map[string]int
}

func newTally() *tally {
	return &tally{
		operations: map[plan.OperationKind]map[users.Outcome]int{}, faults: map[plan.FaultKind]int{}, restarts: map[string]int{},
		refusals: map[string]int{},
	}
}

func (t *tally) operation(kind plan.OperationKind, outcome users.Outcome, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.operations[kind] == nil {
		t.operations[kind] = map[users.Outcome]int{}
	}
	t.operations[kind][outcome]++
	if outcome == users.Refused {
		const most = 180
		text := fmt.Sprint(err)
		t.refusals[text[:min(most, len(text))]]++
	}
}

func (t *tally) skipped(kind plan.OperationKind) { t.operation(kind, left, nil) }

func (t *tally) fault(kind plan.FaultKind) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults[kind]++
}

// restarted counts a program that ended by itself.
func (t *tally) restarted(name string) {
	say("%s ended by itself, and was started again", name)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.restarts[name]++
}
