package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/namesake-sandbox/namesake/test/chaos/site"
)

func TestCrashLines(t *testing.T) {
	log := filepath.Join(t.TempDir(), "manager-0.log")
	content := "I1128 start\npanic: runtime error: index out of range\n\ngoroutine 1 [running]:\nE1128 \"panic: quoted\"\nfatal error: concurrent map writes\n"
	if err := os.WriteFile(log, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := crashLines(site.Manager{Name: "manager-0", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"manager-0: panic: runtime error: index out of range", "manager-0: fatal error: concurrent map writes"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := crashLines(site.Manager{Log: log + ".gone"}); err == nil {
		t.Error("a log that is not there has no crashes")
	}
}

func TestElectsLeader(t *testing.T) {
	alone := site.Manager{Command: []string{"namesake", "--leader-elect=false"}}
	if electsLeader([]site.Manager{alone}) || !electsLeader([]site.Manager{{Command: []string{"namesake", "--leader-elect=true"}}}) {
		t.Error("it is not known who elects a leader")
	}
}
