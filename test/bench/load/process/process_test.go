package process

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want Named
		ok   bool
	}{
		"a name and a number":     {"manager=12", Named{"manager", 12}, true},
		"a name alone":            {"manager", Named{}, false},
		"a number alone":          {"=12", Named{}, false},
		"a process that is none":  {"manager=0", Named{}, false},
		"something else than one": {"manager=me", Named{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(test.text)
			if got != test.want || (err == nil) != test.ok {
				t.Errorf("Parse = %v, %v", got, err)
			}
		})
	}
}

func TestParseStat(t *testing.T) {
	const stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1000000 512 1844 1 1 0 0 0\n"
	got, err := parseStat([]byte(stat), 4096)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Usage{CPU: 3000, RSS: 2}); got != want {
		t.Errorf("parseStat = %v, want %v", got, want)
	}
	if _, err := parseStat([]byte("42 (sh) S 1"), 4096); err == nil {
		t.Error("a line that is cut short was read")
	}
}

func TestBusyShare(t *testing.T) {
	before := parseMachine("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 1 1 1\n")
	after := parseMachine("cpu  200 0 150 850 0 0 0 0 50 0\n")
	if got := after.BusyShare(before); got != 0.75 {
		t.Errorf("BusyShare = %v, want 0.75", got)
	}
	if got := (Machine{}).BusyShare(Machine{}); got != 0 {
		t.Errorf("BusyShare without /proc = %v", got)
	}
}

func TestOfCluster(t *testing.T) {
	folder := t.TempDir()
	got, err := OfCluster(folder)
	if err != nil || got != nil {
		t.Errorf("a folder without a cluster: %v, %v", got, err)
	}
	const state = `{"processes":[{"name":"etcd","pid":1},{"name":"kube-apiserver","pid":2},{"name":"kwok","pid":3},
		{"name":"manager-0","pid":4},{"name":"manager-1","pid":5}]}`
	if err := os.WriteFile(filepath.Join(folder, "cluster.json"), []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err = OfCluster(folder)
	if err != nil {
		t.Fatal(err)
	}
	want := []Named{{"etcd", 1}, {"apiserver", 2}, {"manager", 4}, {"manager", 5}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRead(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // There is no /proc.
	}
	got := Read([]Named{{"me", os.Getpid()}, {"nobody", 1 << 30}})
	if got["me"].RSS <= 0 {
		t.Errorf("this process has %v MiB", got["me"].RSS)
	}
	if _, ok := got["nobody"]; ok {
		t.Error("a process that does not exist has a usage")
	}
}
