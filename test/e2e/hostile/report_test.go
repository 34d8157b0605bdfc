package hostile

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"
)

// result is a row of the table.
type result struct {
	input
	answer
	// peak is the most memory that a manager had, in bytes.
	peak           int64
	before, during []time.Duration
	problems       []string
}

// percentile returns the time that so many percent of the times do not exceed.
func percentile(times []time.Duration, percent int) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

// shownOfMessage is how many bytes of a message the table has.
const shownOfMessage = 100

// excerpt returns the beginning of a message, in one line, without what is the same for all webhooks.
func excerpt(message string) string {
	if _, after, found := strings.Cut(message, "denied the request: "); found {
		message = after
	}
	line := strings.Join(strings.Fields(message), " ")
	if len(line) <= shownOfMessage {
		return line
	}
	cut := line[:shownOfMessage]
	for !utf8.ValidString(cut) {
		cut = cut[:len(cut)-1]
	}
	return cut + "..."
}

// report prints the table. Its times are in milliseconds: p50 and p99 of plain claims elsewhere, before and during the input.
func report(out io.Writer, results []result) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nkind\tinput\tms\tpeak MiB\tbefore p50/p99\tduring p50/p99\t\tanswer")
	for _, r := range results {
		name := r.name
		if r.times > 1 {
			name = fmt.Sprintf("%s, %d at once", name, r.times)
		}
		verdict := "ok"
		if len(r.problems) > 0 {
			verdict = "NOT OK: " + strings.Join(r.problems, "; ")
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t%d %s\n", r.kind, name, r.took.Milliseconds(), r.peak>>20,
			pair(r.before), pair(r.during), verdict, r.code, excerpt(r.message))
	}
	table.Flush()
}

func pair(times []time.Duration) string {
	return fmt.Sprintf("%d/%d", percentile(times, 50).Milliseconds(), percentile(times, 99).Milliseconds())
}
