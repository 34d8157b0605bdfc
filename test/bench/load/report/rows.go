package report

import (
	"fmt"
	"slices"
)

// Keys of figures.
const (
	FloorP50     = "floor_p50_ms"
	FloorP99     = "floor_p99_ms"
	LimitRate    = "limit_writes_per_s"
	BareP50      = "bare_p50_ms"
	BareP99      = "bare_p99_ms"
	ReadyP50     = "ready_p50_ms"
	ReadyP99     = "ready_p99_ms"
	Last         = "last_ms"
	Writes       = "writes_per_claim"
	Calls        = "calls_per_claim"
	Achieved     = "achieved_per_s"
	Whole        = "whole_again_s"
	LabelsP99    = "labels_p99_ms"
	LateP99      = "late_p99_ms"
	LateMax      = "late_max_ms"
	GeneratorCPU = "generator_cpu_share"
	MachineBusy  = "machine_busy_share"
	Rebound      = "bound_again"
	Gaps         = "watch_gaps"
	Cold         = "cold_claims"
	FillRate     = "fill_ready_per_s"
	MemberWrites = "writes_per_member"
	MemberCalls  = "calls_per_member"
	// cpuOf and rssOf are followed by the name of a process.
	cpuOf = "cpu_ms_per_claim_"
	rssOf = "rss_mib_"
)

// BareBursts are how often the bare writes are done at once: as often as claims come at once in a burst.
var BareBursts = []int{100, 300}

// BareBurstP50 and BareBurstLast are the keys of how long the bare writes of n claims take at once.
func BareBurstP50(n int) string { return fmt.Sprintf("bare_burst%d_p50_ms", n) }

// BareBurstLast belongs to BareBurstP50.
func BareBurstLast(n int) string { return fmt.Sprintf("bare_burst%d_last_ms", n) }

// CPU is the key of a process's CPU time for each claim, in milliseconds.
func CPU(process string) string { return cpuOf + process }

// RSS is the key of a process's memory at the end of a phase, in MiB.
func RSS(process string) string { return rssOf + process }

// Row is a line of the table.
type Row struct {
	Title, Phase, Key, Unit string
	// Floor says that the figure is a latency, which is compared to the floor of the same repetition.
	Floor bool
}

const (
	milliseconds = "ms"
	each         = "a second"
)

// FloorPhase is the phase that measures the floor.
const FloorPhase = "floor"

// Rows returns the lines of the table for phases, of which each has a title.
func Rows(phases []Titled, processes []string) []Row {
	var rows []Row
	for _, phase := range phases {
		if phase.Name == FloorPhase {
			rows = append(rows,
				Row{phase.Title + ": p50", phase.Name, FloorP50, milliseconds, true},
				Row{phase.Title + ": p99", phase.Name, FloorP99, milliseconds, true},
				Row{"the generator's own limit: plain writes", phase.Name, LimitRate, each, false})
			rows = append(rows, bareRows(phase.Name)...)
			continue
		}
		rows = append(rows, phase.rows()...)
		for _, process := range processes {
			rows = append(rows, Row{"- CPU of " + process + ", a claim", phase.Name, CPU(process), milliseconds, false})
		}
		if phase.Open {
			continue // The memory is told once for each pool.
		}
		for _, process := range processes {
			rows = append(rows, Row{"- memory of " + process, phase.Name, RSS(process), "MiB", false})
		}
	}
	return rows
}

// bareRows are about the three writes of a warm claim without anything that follows.
func bareRows(phase string) []Row {
	rows := []Row{
		{"bare: the three writes of a warm claim on copies of the kinds, p50", phase, BareP50, milliseconds, true},
		{"- p99", phase, BareP99, milliseconds, true},
	}
	for _, n := range BareBursts {
		rows = append(rows,
			Row{fmt.Sprintf("- %d at once, p50", n), phase, BareBurstP50(n), milliseconds, true},
			Row{"- last", phase, BareBurstLast(n), milliseconds, true})
	}
	return rows
}

// Titled is a phase as the table names it.
type Titled struct {
	Name, Title string
	// Open says that claims came at moments fixed beforehand, and not each after the last.
	Open bool
}

func (p Titled) rows() []Row {
	rows := []Row{
		{p.Title + ": created until Ready, p50", p.Name, ReadyP50, milliseconds, true},
		{"- p99", p.Name, ReadyP99, milliseconds, true},
	}
	if p.Open {
		rows = append(rows,
			Row{"- last", p.Name, Last, milliseconds, true},
			Row{"- achieved while the pool lasts", p.Name, Achieved, each, false},
			Row{"- pool whole again", p.Name, Whole, "s", false},
			Row{"- p99 from Ready to the Pod's label", p.Name, LabelsP99, milliseconds, false},
			Row{"- starts late, p99", p.Name, LateP99, milliseconds, false},
			Row{"- processors busy, of all", p.Name, MachineBusy, "share", false},
			Row{"- processors that the generator takes", p.Name, GeneratorCPU, "", false},
			Row{"- gaps of watches: too late in so many cases", p.Name, Gaps, "", false})
	}
	return append(rows,
		Row{"- API writes a claim, with what follows", p.Name, Writes, "", false},
		Row{"- admission calls a claim", p.Name, Calls, "", false},
		Row{"- fill of its pool, Sandboxes Ready", p.Name, FillRate, each, false},
		Row{"- API writes a pool member until Ready", p.Name, MemberWrites, "", false},
		Row{"- admission calls a pool member", p.Name, MemberCalls, "", false})
}

// measured returns the rows of which any installation has a figure.
func (r *Result) measured(rows []Row) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(row Row) bool {
		return !slices.ContainsFunc(r.Installations, func(i Installation) bool { return len(i.Values(row.Phase, row.Key)) > 0 })
	})
}
