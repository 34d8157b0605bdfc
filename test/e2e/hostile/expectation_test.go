package hostile

import (
	"fmt"
	"regexp"
	"time"
)

// expectation is what an input may be answered with.
type expectation struct {
	// accepted says that it may also be accepted, since it does no harm.
	accepted bool
	// repeats says that the message may be as long as the input: the API server's schema repeats a value that it refuses, and
	// names each item of a list that lacks a field.
	repeats bool
	// says is what the message of a refusal says.
	says *regexp.Regexp
}

var (
	// aBound is how the schema, the webhooks and the API server name a bound.
	aBound = regexp.MustCompile(`(?i)at most|at least|no more than|more than|less than|greater than|max|must|should|limit|exceed|between|` +
		`too (many|long|large)`)
	anything = regexp.MustCompile(`.`)

	// refused: an explanation names a bound.
	refused = expectation{says: aBound}
	// repeated: the same, and the API server repeats what it refuses.
	repeated = expectation{repeats: true, says: aBound}
	// harmless: it is refused as above, or accepted.
	harmless = expectation{accepted: true, says: aBound}
	// explained: it is refused because of what is there already.
	explained = expectation{says: anything}
)

const (
	// hardLimit is the webhooks' timeout. An input that is sent once and takes longer has hung; a webhook that hangs shows in the
	// answer, too. The time that is aimed at is 1 s, and is printed. In the short form, the machine may be as slow as it is.
	hardLimit = 10 * time.Second
	// longestMessage is what an answer may have in bytes. An etcd event, a condition and a log line hold it.
	longestMessage = 32 << 10
)

// outage is how the API server says that a webhook did not answer, or that it gave up itself.
var outage = regexp.MustCompile(`(?i)failed calling webhook|context deadline exceeded|context canceled|\btimeout\b|timed out|\bEOF\b|connection (refused|reset)`)

// problem returns what is wrong with an answer, or "".
func (e expectation) problem(a answer) string {
	switch {
	case a.code == 0:
		return "no answer"
	case a.code >= 500 || outage.MatchString(a.message) && !a.ok():
		return "an outage, no refusal"
	case a.ok() && !e.accepted:
		return "accepted"
	case a.ok():
		return ""
	case a.code != 400 && a.code != 403 && a.code != 413 && a.code != 422:
		return "no refusal"
	case !e.says.MatchString(a.message):
		return "names no bound"
	case len(a.message) > longestMessage && !e.repeats:
		return fmt.Sprintf("a message of %d bytes", len(a.message))
	}
	return ""
}
