// Package report is what a benchmark found out, as JSON, as a table and as plots.
package report

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/stats"
)

// Result is everything that was measured.
type Result struct {
	Began   time.Time `json:"began"`
	Seconds float64   `json:"seconds"`
	// Machine is that of the generator: its operating system and processors.
	Machine string `json:"machine"`
	// Arguments are those of the generator.
	Arguments     []string       `json:"arguments"`
	Installations []Installation `json:"installations"`
	// Notes say what the reader should know: what did not fit into the time, for one.
	Notes []string `json:"notes,omitempty"`
}

// Installation is one of the CRDs, behind a kubeconfig.
type Installation struct {
	Name       string `json:"name"`
	Kubernetes string `json:"kubernetes"`
	// Processes are the names of those whose CPU and memory were measured.
	Processes   []string     `json:"processes,omitempty"`
	Repetitions []Repetition `json:"repetitions"`
}

// Repetition is one run of all phases.
type Repetition struct {
	Began time.Time `json:"began"`
	// Busy is the share of the machine's processors that worked for somebody in the seconds before, between 0 and 1.
	Busy float64 `json:"busyBefore"`
	// Load is the load average of the last minute before.
	Load   string  `json:"loadBefore"`
	Phases []Phase `json:"phases"`
}

// Phase is one part of a repetition.
type Phase struct {
	Name    string    `json:"name"`
	Began   time.Time `json:"began"`
	Seconds float64   `json:"seconds"`
	// Pool is the number of Sandboxes that the pool should have.
	Pool int `json:"pool"`
	// Values are the figures, by their key: the unit is at the end of it.
	Values map[string]float64 `json:"values"`
	// Points has one for each claim.
	Points []Point `json:"points,omitempty"`
	// Writes and Calls break down what the API server counted, all together.
	Writes map[string]float64 `json:"writes,omitempty"`
	Calls  map[string]float64 `json:"calls,omitempty"`
	// Failures say what did not work: a claim that was refused or not Ready in time.
	Failures []string `json:"failures,omitempty"`
	// Violations are what the audit found.
	Violations []string `json:"violations,omitempty"`
}

// Point is a claim: when it was due, in seconds since the phase began, and how long after that it was Ready. Took is negative
// if it never was.
type Point struct {
	Due  float64 `json:"dueSeconds"`
	Took float64 `json:"tookMilliseconds"`
	// Warm says that its Sandbox came from a pool.
	Warm bool `json:"warm"`
}

// Values returns a figure of a phase, one of each repetition that has it.
func (i Installation) Values(phase, key string) []float64 {
	var found []float64
	for _, repetition := range i.Repetitions {
		for _, each := range repetition.Phases {
			if value, ok := each.Values[key]; ok && each.Name == phase {
				found = append(found, value)
			}
		}
	}
	return found
}

// Median returns the median of a figure over the repetitions, or NaN.
func (i Installation) Median(phase, key string) float64 { return stats.Median(i.Values(phase, key)) }

// Phases returns the phases of that name, one of each repetition.
func (i Installation) Phases(name string) []Phase {
	var found []Phase
	for _, repetition := range i.Repetitions {
		for _, each := range repetition.Phases {
			if each.Name == name {
				found = append(found, each)
			}
		}
	}
	return found
}

// PhaseNames returns the names of all phases, each once, in the order in which they ran.
func (r *Result) PhaseNames() []string {
	var names []string
	for _, installation := range r.Installations {
		for _, repetition := range installation.Repetitions {
			for _, each := range repetition.Phases {
				if !slices.Contains(names, each.Name) {
					names = append(names, each.Name)
				}
			}
		}
	}
	return names
}

// Bad returns the failures and violations of all phases.
func (r *Result) Bad() []string {
	var bad []string
	for _, installation := range r.Installations {
		for n, repetition := range installation.Repetitions {
			for _, each := range repetition.Phases {
				for _, text := range slices.Concat(each.Violations, each.Failures) {
					bad = append(bad, fmt.Sprintf("%s, repetition %d, phase %s: %s", installation.Name, n+1, each.Name, text))
				}
			}
		}
	}
	return bad
}

// Add takes the installations of another result over, measured at another time.
func (r *Result) Add(other *Result) {
	r.Installations = append(r.Installations, other.Installations...)
	r.Notes = append(r.Notes, other.Notes...)
	r.Notes = append(r.Notes, fmt.Sprintf("The results are of different times: the second is of %s, %s.",
		other.Began.UTC().Format("2 January 2006 15:04 UTC"), other.Machine))
	r.Seconds += other.Seconds
}

// Save writes the result as JSON.
func (r *Result) Save(file string) error {
	content, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(content, '\n'), 0o644)
}

// Load reads what Save has written.
func Load(file string) (*Result, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := new(Result)
	if err := json.Unmarshal(content, r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}
