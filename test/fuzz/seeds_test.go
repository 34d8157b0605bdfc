package fuzz

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/namesake-sandbox/namesake/test/fuzz/oracle"
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

// reviews returns the requests that a real API server sent.
func reviews(tb testing.TB) []*tape.Request {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "reviews.jsonl"))
	if err != nil {
		tb.Fatal(err)
	}
	var all []*tape.Request
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		r := &tape.Request{}
		if err := json.Unmarshal(lines.Bytes(), r); err != nil {
			tb.Fatal(err)
		}
		all = append(all, r)
	}
	if len(all) < 100 {
		tb.Fatalf("%d requests", len(all))
	}
	return all
}

// paths are those of all webhooks.
var paths = []string{
	"/mutate-pod", "/validate-pod", "/mutate-sandbox", "/validate-sandbox", "/mutate-sandboxclaim", "/validate-sandboxclaim",
	"/validate-sandboxclaim-status", "/validate-sandboxtemplate", "/validate-sandboxwarmpool",
}

// actor returns who a user is.
func actor(user string) oracle.Actor {
	switch user {
	case manager:
		return oracle.Manager
	case collector, "system:kube-controller-manager":
		return oracle.Collector
	}
	return oracle.User
}

// written returns a request that was accepted as the oracle looks at it. after is what is stored then.
func written(w *world, r *tape.Request, after object) oracle.Write {
	write := oracle.Write{
		Kind: r.Kind, Subresource: r.Subresource, Actor: actor(r.User), Old: r.Old, New: after, Live: w.live, Cached: w.cached, Trial: r.DryRun,
	}
	if r.Operation == "CREATE" {
		write.Old = nil
	}
	return write
}

// violation returns what is wrong with a write, once the API server's own decoding has taken out what it does not know, and its
// validation has had its say.
func (s schemas) violation(t *testing.T, write oracle.Write) string {
	t.Helper()
	wrong := oracle.Violation(write)
	if wrong == "" {
		return ""
	}
	old, after := s.canonical(write.Kind, write.Old), s.canonical(write.Kind, write.New)
	if after == nil || (write.Old != nil && old == nil) {
		return "" // Cannot be decoded.
	}
	write.Old, write.New = old, after
	if wrong = oracle.Violation(write); wrong == "" || !s.valid(t, write.Kind, old, after) || (old != nil && !s.valid(t, write.Kind, nil, old)) {
		return ""
	}
	return wrong
}

// TestTheReviewsAreWhole checks that the requests cover all webhooks, and all users that rules tell apart.
func TestTheReviewsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range reviews(t) {
		seen[r.Path], seen[r.User] = true, true
		if tape.Resources[r.Kind].Plural == "" || !slices.Contains(paths, r.Path) || r.Body() == nil {
			t.Errorf("%s of a %s", r.Path, r.Kind)
		}
	}
	for _, want := range append(slices.Clone(paths), manager, collector, "editor") {
		if !seen[want] {
			t.Errorf("no request of %s", want)
		}
	}
}
