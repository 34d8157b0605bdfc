package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// These are the webhooks that are called for the measured requests.
var (
	mutatePod     = hook{"pod.mutate", "CREATE"}
	validatePod   = hook{"pod.validate", "CREATE"}
	mutateClaim   = hook{"sandboxclaim.mutate", "CREATE"}
	checkAdoption = hook{"sandbox.validate", "UPDATE"}
	measured      = []hook{mutatePod, validatePod, mutateClaim, checkAdoption}
)

// requests are the measured requests, and the calls that each must cost.
var requests = []struct {
	name  string
	calls []hook
}{
	{plainPod, nil},
	{sandboxPod, nil},
	{namelessPod, []hook{mutatePod, validatePod}},
	{postClaim, []hook{mutateClaim}},
	{adoption, []hook{checkAdoption}},
}

// print writes the results as tables in Markdown. counted is what the API server counted during the measurement.
func (b *bench) print(w io.Writer, counted metrics) {
	fmt.Fprintf(w, "Requests, %d samples each with the webhooks and as many without, in milliseconds:\n\n", len(b.with[plainPod]))
	fmt.Fprintln(w, "| request | webhook calls | p50 without | with | more | ratio | p99 without | with | ratio |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|")
	for _, r := range requests {
		without, with := b.without.percentile(r.name, 50), b.with.percentile(r.name, 50)
		fmt.Fprintf(w, "| %s | %d | %s | %s | %s | %.2f |",
			r.name, len(r.calls), milliseconds(without), milliseconds(with), milliseconds(with-without), ratio(with, without))
		without, with = b.without.percentile(r.name, 99), b.with.percentile(r.name, 99)
		fmt.Fprintf(w, " %s | %s | %.2f |\n", milliseconds(without), milliseconds(with), ratio(with, without))
	}
	fmt.Fprintf(w, "\nOf that is noise: of the samples without webhooks, those of every other turn against the rest, as a ratio of %s.\n", b.noise())

	fmt.Fprintf(w, "\nHandlers alone, %d samples each, in milliseconds:\n\n", len(b.handlers[b.reviews[0].name]))
	fmt.Fprintln(w, "| handler | bytes of the review | p50 | p99 | longest | p50 of processor time | p99 | longest |\n|---|---|---|---|---|---|---|---|")
	for _, r := range b.reviews {
		fmt.Fprintf(w, "| %s | %d |", r.name, len(r.body))
		for _, s := range []samples{b.handlers, b.worked} {
			for _, percent := range []float64{50, 99, 100} {
				fmt.Fprintf(w, " %s |", milliseconds(s.percentile(r.name, percent)))
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nThe goal is a p99 below %s ms for each: %s; by processor time: %s.\n",
		milliseconds(goal), b.verdict(b.handlers), b.verdict(b.worked))

	fmt.Fprint(w, "\nThe API server's own clock, for its calls and for the match conditions that kept a webhook away, in milliseconds:\n\n")
	fmt.Fprintln(w, "| webhook | calls | mean | kept away | mean |\n|---|---|---|---|---|")
	for _, h := range measured {
		fmt.Fprintf(w, "| %s, %s | %.0f | %s | %.0f | %s |\n", h.name, h.operation, counted.sum(calls+"_count", h), counted.mean(calls, h),
			counted.sum(exclusions, h), counted.mean(evaluations, h))
	}
	fmt.Fprintln(w)
}

// goal is the longest time that a handler should take at p99.
const goal = 2 * time.Millisecond

// verdict says which handlers miss the goal.
func (b *bench) verdict(times samples) string {
	var missed []string
	for _, r := range b.reviews {
		if times.percentile(r.name, 99) >= goal {
			missed = append(missed, r.name)
		}
	}
	if len(missed) > 0 {
		return "missed by " + strings.Join(missed, ", ")
	}
	return "met"
}

// noise returns how far apart two halves of the same samples are, over all requests. A ratio in the table may be off by that
// much.
func (b *bench) noise() string {
	even, odd := b.without.everyOther(turn)
	var said []string
	for _, percent := range []float64{50, 99} {
		var ratios []float64
		for _, r := range requests {
			ratios = append(ratios, ratio(even.percentile(r.name, percent), odd.percentile(r.name, percent)))
		}
		said = append(said, fmt.Sprintf("%.2f to %.2f at p%.0f", slices.Min(ratios), slices.Max(ratios), percent))
	}
	return strings.Join(said, " and ")
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f", float64(d.Nanoseconds())/float64(time.Millisecond))
}

// machine describes the machine that the program runs on.
func machine() string {
	return fmt.Sprintf("%s on %s/%s, %d cores", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
}

// loadAverage returns the load of the last one, five and fifteen minutes, if the system reports it.
func loadAverage() string {
	content, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(content))
	if err != nil || len(fields) < 3 {
		return "not known"
	}
	return strings.Join(fields[:3], " ")
}
