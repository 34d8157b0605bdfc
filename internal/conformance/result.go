package conformance

import (
	"fmt"
	"slices"
)

// Verdict says what came of a check.
type Verdict string

const (
	// Holds: what clients rely on is so.
	Holds Verdict = "holds"
	// DoesNotHold: it is not so.
	DoesNotHold Verdict = "does not hold"
	// NotTried: nothing is known, since the check could not be made.
	NotTried Verdict = "not tried"
)

// Check is one thing that clients rely on.
type Check struct {
	// ID identifies the check in the output.
	ID string `json:"check"`
	// Says is the sentence that has to hold.
	Says string `json:"says"`
}

// Outcome is a verdict with its reason, which is empty for what holds.
type Outcome struct {
	Verdict Verdict `json:"verdict,omitempty"`
	Reason  string  `json:"reason,omitempty"`
}

// Result is a check with its outcome.
type Result struct {
	Check   `json:",inline"`
	Outcome `json:",inline"`
}

// Held is the outcome of what holds.
func Held() Outcome { return Outcome{Verdict: Holds} }

// Broken is the outcome of what does not hold.
func Broken(format string, args ...any) Outcome {
	return Outcome{Verdict: DoesNotHold, Reason: fmt.Sprintf(format, args...)}
}

// Untried is the outcome of what could not be tried.
func Untried(format string, args ...any) Outcome {
	return Outcome{Verdict: NotTried, Reason: fmt.Sprintf(format, args...)}
}

// Overall returns DoesNotHold if that is so of any result, else NotTried if that is so of any or there is none, else Holds.
func Overall(results []Result) Verdict {
	has := func(v Verdict) bool {
		return slices.ContainsFunc(results, func(r Result) bool { return r.Verdict == v })
	}
	switch {
	case has(DoesNotHold):
		return DoesNotHold
	case has(NotTried), len(results) == 0:
		return NotTried
	}
	return Holds
}
