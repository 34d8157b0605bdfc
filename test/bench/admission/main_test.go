package main

import "testing"

// One turn with the webhooks and one without: that everything is as the program expects, and that the API server makes no call
// that it should not. It judges no time.
func TestRun(t *testing.T) {
	t.Chdir("../../..")
	if err := run(turn); err != nil {
		t.Fatal(err)
	}
}
