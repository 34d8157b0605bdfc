package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
	"github.com/namesake-sandbox/namesake/test/chaos/observe"
	"github.com/namesake-sandbox/namesake/test/chaos/plan"
	"github.com/namesake-sandbox/namesake/test/chaos/users"
)

// shown is how many violations of a rule are printed.
const shown = 10

// report prints what was done and seen, and returns how many violations there are.
func (r *chaosRun) report(answer observe.Answer, audited, crashes []string) int {
	r.tally.show()
	fmt.Printf("\ngarbage collector restarted: %d\nnamespaces that Kubernetes ended too early: %d\n", r.collector.restarts, len(r.abandoned))
	fmt.Printf("excepted, since there were no webhooks: %d\n", len(answer.Excepted))
	for _, v := range answer.Excepted {
		fmt.Printf("  %s  %s: %s\n      %s\n", v.At.Format("15:04:05.000"), v.Rule, v.Subject, v.Detail)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nseen\tobjects\t")
	for _, kind := range judge.Kinds() {
		fmt.Fprintf(w, "%s\t%d\t\n", kind, answer.Seen[kind])
	}
	w.Flush()
	fmt.Printf("\nThe observer judged %d versions. A watch went on %d times; %d times only a list could tell, which %d ends came from.\n\n",
		answer.Versions, answer.Resumed, answer.Listed, answer.Missed)

	by := map[judge.Rule][]judge.Violation{}
	for _, v := range answer.Violations {
		by[v.Rule] = append(by[v.Rule], v)
	}
	w = tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "guarantee\tviolations")
	for _, rule := range judge.Rules() {
		fmt.Fprintf(w, "%s\t%d\n", rule, len(by[rule]))
	}
	fmt.Fprintf(w, "the auditor agrees\t%d\n", len(audited))
	fmt.Fprintf(w, "no manager crashes\t%d\n", len(crashes))
	w.Flush()
	for _, rule := range judge.Rules() {
		for _, v := range by[rule][:min(shown, len(by[rule]))] {
			fmt.Printf("  %s  %s: %s\n      %s\n", v.At.Format("15:04:05.000"), rule, v.Subject, v.Detail)
		}
	}
	for _, line := range slices.Concat(audited, crashes) {
		fmt.Println("  " + line)
	}
	return len(answer.Violations) + len(audited) + len(crashes)
}

// show prints operations, refusals and faults.
func (t *tally) show() {
	t.mu.Lock()
	defer t.mu.Unlock()
	outcomes := []users.Outcome{users.Done, users.Nothing, users.Refused, users.Failed, left}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "\noperation")
	for _, outcome := range outcomes {
		fmt.Fprintf(w, "\t%s", outcome)
	}
	sums := map[users.Outcome]int{}
	for _, kind := range plan.OperationKinds() {
		fmt.Fprintf(w, "\n%s", kind)
		for _, outcome := range outcomes {
			n := t.operations[kind][outcome]
			sums[outcome] += n
			fmt.Fprintf(w, "\t%d", n)
		}
	}
	fmt.Fprint(w, "\nall")
	for _, outcome := range outcomes {
		fmt.Fprintf(w, "\t%d", sums[outcome])
	}
	fmt.Fprintln(w)
	w.Flush()
	for _, text := range slices.Sorted(maps.Keys(t.refusals)) {
		fmt.Printf("  refused %d times: %s\n", t.refusals[text], text)
	}

	w = tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nfault\ttimes")
	for _, kind := range plan.FaultKinds() {
		fmt.Fprintf(w, "%s\t%d\n", kind, t.faults[kind])
	}
	w.Flush()
	for _, name := range slices.Sorted(maps.Keys(t.restarts)) {
		fmt.Printf("  %s ended by itself %d times, and was started again\n", name, t.restarts[name])
	}
}
