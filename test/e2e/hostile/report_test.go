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
	// alone is how long the answer took when the input was sent once, ours and server how long the managers and
	// the API server computed meanwhile: for the input, and for what the neighbour sent.
	alone, ours, server time.Duration
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

// aim is how long an answer may take on a quiet machine, if the input is sent once.
const aim = time.Second

// report prints the table. Its times are in milliseconds: the answer to the input on its own, what the managers and
// the API server computed meanwhile, the slowest answer to all that were sent at once, and p50 and p99 of plain claims elsewhere, before and during.
func report(out io.Writer, results []result) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nkind\tinput\talone\tour CPU\tserver's\tat once\tpeak MiB\tbefore p50/p99\tduring p50/p99\t\tanswer")
	slow := 0
	for _, r := range results {
		name := r.name
		if r.times > 1 {
			name = fmt.Sprintf("%s, %d at once", name, r.times)
		}
		verdict := "ok"
		if r.alone > aim {
			verdict = fmt.Sprintf("slower than %s", aim)
			slow++
		}
		if len(r.problems) > 0 {
			verdict = "NOT OK: " + strings.Join(r.problems, "; ")
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%d %s\n", r.kind, name, r.alone.Milliseconds(),
			r.ours.Milliseconds(), r.server.Milliseconds(), r.took.Milliseconds(), r.peak>>20, pair(r.before), pair(r.during), verdict, r.code, excerpt(r.message))
	}
	table.Flush()
	fmt.Fprintf(out, "%d of %d inputs took longer than %s on their own\n", slow, len(results), aim)
}

func pair(times []time.Duration) string {
	return fmt.Sprintf("%d/%d", percentile(times, 50).Milliseconds(), percentile(times, 99).Milliseconds())
}
