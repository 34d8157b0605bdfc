package hostile

import (
	"strings"
	"testing"
)

// The harness itself: an outage is no refusal, whatever the code, and a refusal that explains nothing is none.
func TestProblem(t *testing.T) {
	const good = `spec.env: Too many: 30000: must have at most 1024 items`
	for name, tc := range map[string]struct {
		want   expectation
		answer answer
		fine   bool
	}{
		"a bound":                         {want: refused, answer: answer{code: 422, message: good}, fine: true},
		"the API server's own bound":      {want: refused, answer: answer{code: 413, message: "Request entity too large: limit is 3145728"}, fine: true},
		"no bound":                        {want: refused, answer: answer{code: 422, message: "no"}},
		"another explanation":             {want: explained, answer: answer{code: 403, message: "Sandbox has its Pod"}, fine: true},
		"accepted against the wish":       {want: refused, answer: answer{code: 201, message: "accepted"}},
		"accepted, and harmless":          {want: harmless, answer: answer{code: 201, message: "accepted"}, fine: true},
		"a webhook that gave up":          {want: harmless, answer: answer{code: 500, message: "Internal error occurred: failed calling webhook"}},
		"the same in another code":        {want: refused, answer: answer{code: 400, message: "at most ... context deadline exceeded"}},
		"nothing came back":               {want: harmless, answer: answer{message: "connection reset"}},
		"an answer as long as the input":  {want: refused, answer: answer{code: 422, message: strings.Repeat(good, 1000)}},
		"a conflict, which is no refusal": {want: explained, answer: answer{code: 409, message: "the object has been modified"}},
	} {
		t.Run(name, func(t *testing.T) {
			if problem := tc.want.problem(tc.answer); (problem == "") != tc.fine {
				t.Errorf("got %q", problem)
			}
		})
	}
}

func TestExcerpt(t *testing.T) {
	if got, want := excerpt("one\n  two\tthree"), "one two three"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := excerpt(strings.Repeat("é", 200)); len(got) != shownOfMessage+len("...") {
		t.Errorf("%q has %d bytes", got, len(got))
	}
}
