package fuzz

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

// TestTheRequestsAreAnswered checks that the requests as they are reach all that they are to reach: enough of them are accepted, and
// each webhook that can refuse refuses some.
func TestTheRequestsAreAnswered(t *testing.T) {
	a, by := loadAPIServer(t), map[string]int{}
	for _, sent := range reviews(t) {
		r := a.arrive(sent)
		if r == nil {
			by["undecoded"]++
			continue
		}
		out := a.admit(t, newServer(newWorld(r, tape.New(nil)), r, tape.New(nil)), r, "")
		if out.accepted {
			out.by = "nobody"
		}
		by[out.by]++
	}
	t.Log(by)
	for who, least := range map[string]int{
		"nobody": 50, "/validate-pod": 10, "/validate-sandbox": 10, "/validate-sandboxclaim": 10, "/validate-sandboxclaim-status": 2,
		"/validate-sandboxwarmpool": 1, "/validate-sandboxtemplate": 1,
	} {
		if by[who] < least {
			t.Errorf("refused by %s: %d of %d at least", who, by[who], least)
		}
	}
}
