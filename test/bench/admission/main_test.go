package main

import "testing"

// This takes one turn with the webhooks and one without. Everything must be as the program expects, and the API server must
// make no call that it should not. The test does not judge times.
func TestRun(t *testing.T) {
	t.Chdir("../../..")
	if err := run(turn); err != nil {
		t.Fatal(err)
	}
}
