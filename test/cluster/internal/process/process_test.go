package process

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func start(t *testing.T, command ...string) *Running {
	t.Helper()
	running, err := Start("thing", t.TempDir(), filepath.Join(t.TempDir(), "logs", "thing.log"), nil, command...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = Stop(0, running.Record) })
	return running
}

func TestStop(t *testing.T) {
	cases := map[string][]string{
		"a process that ends when asked":         {"sleep", "60"},
		"a process that does not listen":         {"sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.05; done"},
		"a process that has ended before anyway": {"true"},
	}
	for name, command := range cases {
		t.Run(name, func(t *testing.T) {
			running := start(t, command...)
			if err := Stop(300*time.Millisecond, running.Record); err != nil {
				t.Fatal(err)
			}
			<-running.Exited()
			if running.Alive() {
				t.Error("the process still runs")
			}
			if err := Stop(0, running.Record); err != nil {
				t.Errorf("stopping it again: %v", err)
			}
		})
	}
}

func TestStopSparesAProcessThatGotTheSameID(t *testing.T) {
	running := start(t, "sleep", "60")
	foreign := running.Record
	foreign.Started = "12@" + strings.Repeat("0", 36)
	if err := Stop(50*time.Millisecond, foreign); err != nil {
		t.Fatal(err)
	}
	if !running.Alive() {
		t.Error("a process was ended by a record that is not its own")
	}
}

func TestAProcessHasASessionOfItsOwn(t *testing.T) {
	running := start(t, "sleep", "60")
	group, err := syscall.Getpgid(running.PID)
	if err != nil {
		t.Fatal(err)
	}
	if group != running.PID {
		t.Errorf("process %d is in group %d", running.PID, group)
	}
}

func TestFailureShowsTheEndOfTheLog(t *testing.T) {
	running := start(t, "sh", "-c", "seq 30; echo the reason >&2; exit 3")
	message := running.Failure().Error()
	for _, want := range []string{"thing", "exit status 3", "the reason"} {
		if !strings.Contains(message, want) {
			t.Errorf("%q does not mention %q", message, want)
		}
	}
	if strings.Contains(message, " 5\n") {
		t.Errorf("%q shows more than the end", message)
	}
}

func TestParseStat(t *testing.T) {
	tail := " 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 1000 100"
	cases := map[string]struct {
		stat, state, ticks string
		wrong              bool
	}{
		"a plain name":                  {stat: "7 (etcd) S" + tail, state: "S", ticks: "4711"},
		"a name that looks like fields": {stat: "7 (a) Z 1 2) R" + tail, state: "R", ticks: "4711"},
		"nothing":                       {stat: "", wrong: true},
		"too short":                     {stat: "7 (etcd) S 1 2", wrong: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			state, ticks, err := parseStat([]byte(c.stat))
			if (err != nil) != c.wrong || state != c.state || ticks != c.ticks {
				t.Errorf("got %q %q %v", state, ticks, err)
			}
		})
	}
}
