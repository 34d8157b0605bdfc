// Package phases runs the phases of the benchmark against one installation.
package phases

import (
	"fmt"
	"slices"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/report"
	"github.com/namesake-sandbox/namesake/test/bench/load/schedule"
)

// Stage is a pool, and what is done with it.
type Stage struct {
	// Pool is the number of its Sandboxes at first.
	Pool  int
	Steps []Step
}

// Step is one phase on the pool of its stage.
type Step struct {
	report.Titled
	// Pool is how many Sandboxes the pool has to have. It grows if it has fewer.
	Pool int
	// Claims is how many claims come one after the other, or 0.
	Claims int
	// Offsets are the moments of claims that wait for nobody.
	Offsets []time.Duration
	// Optional steps are left out of repetitions that would not fit into the time with them.
	Optional bool
}

func oneAtATime(name, title string, claims int) Step {
	return Step{Titled: report.Titled{Name: name, Title: title}, Claims: claims}
}

func burst(n, pool int) Step {
	title := fmt.Sprintf("burst of %d on %d", n, pool)
	return Step{Titled: report.Titled{Name: fmt.Sprintf("burst%d", n), Title: title, Open: true}, Pool: pool, Offsets: schedule.Burst(n)}
}

// rate is a step with a steady rate. Those on a large pool are optional: what they take from it takes long to replace.
func rate(perSecond int, long time.Duration, pool int) Step {
	title := fmt.Sprintf("%d a second for %s on %d", perSecond, long, pool)
	return Step{
		Titled:   report.Titled{Name: fmt.Sprintf("rate%d", perSecond), Title: title, Open: true},
		Pool:     pool,
		Offsets:  schedule.Rate(perSecond, long),
		Optional: pool >= 1000,
	}
}

// Length says how much is run.
type Length int

const (
	// Usual has pools of up to a thousand.
	Usual Length = iota
	// Short only shows that all of it works.
	Short
	// Long adds a pool of five thousand.
	Long
)

// Plan returns the stages of a repetition.
func Plan(length Length) []Stage {
	const seconds = 10 * time.Second
	if length == Short {
		return []Stage{
			{Pool: 20, Steps: []Step{oneAtATime("warm", "warm claims, one at a time, on 20", 10)}},
			{Pool: 0, Steps: []Step{oneAtATime("cold", "cold claims, one at a time", 5)}},
			{Pool: 30, Steps: []Step{burst(20, 30), rate(20, 2*time.Second, 30)}},
		}
	}
	stages := []Stage{
		{Pool: 200, Steps: []Step{oneAtATime("warm", "warm claims, one at a time, on 200", 100)}},
		{Pool: 0, Steps: []Step{oneAtATime("cold", "cold claims, one at a time", 20)}},
		{Pool: 300, Steps: []Step{burst(100, 300), rate(50, seconds, 500)}},
		{Pool: 1000, Steps: []Step{
			oneAtATime("warm1000", "warm claims, one at a time, on 1000", 40),
			burst(300, 1000), rate(100, seconds/2, 1000), rate(200, seconds/4, 1000),
		}},
	}
	if length == Long {
		stages = append(stages, Stage{Pool: 5000, Steps: []Step{oneAtATime("warm5000", "warm claims, one at a time, on 5000", 100)}})
	}
	return stages
}

// Titles returns the floor and every step of a plan, as the table names them.
func Titles(stages []Stage) []report.Titled {
	titles := []report.Titled{{Name: report.FloorPhase, Title: "floor: three writes of a ConfigMap in a row"}}
	for _, stage := range stages {
		for _, step := range stage.Steps {
			titles = append(titles, step.Titled)
		}
	}
	return titles
}

// Select returns the stages with the steps of these names, without stages that have none, and an error if there is no step of
// a name. All is selected by no names.
func Select(stages []Stage, names []string) ([]Stage, error) {
	if len(names) == 0 {
		return stages, nil
	}
	for _, name := range names {
		titles := Titles(stages)
		if !slices.ContainsFunc(titles, func(t report.Titled) bool { return t.Name == name }) {
			var all []string
			for _, title := range titles {
				all = append(all, title.Name)
			}
			return nil, fmt.Errorf("there is no phase %q, only %v", name, all)
		}
	}
	return Without(stages, func(_ Stage, step Step) bool { return !slices.Contains(names, step.Name) }), nil
}

// Without returns the stages without some steps, and without stages that have no step then.
func Without(stages []Stage, omit func(Stage, Step) bool) []Stage {
	var kept []Stage
	for _, stage := range stages {
		steps := slices.DeleteFunc(slices.Clone(stage.Steps), func(s Step) bool { return omit(stage, s) })
		if len(steps) > 0 {
			kept = append(kept, Stage{Pool: stage.Pool, Steps: steps})
		}
	}
	return kept
}
