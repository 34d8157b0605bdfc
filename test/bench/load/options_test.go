package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/bench/load/process"
	"github.com/namesake-sandbox/namesake/test/bench/load/report"
)

func TestParse(t *testing.T) {
	t.Setenv("KUBECONFIG", "/x")
	for name, test := range map[string]struct {
		args []string
		ok   bool
	}{
		"nothing is all":                     {nil, true},
		"short and long contradict":          {[]string{"-short", "-long"}, false},
		"an argument that is no flag":        {[]string{"warm"}, false},
		"no repetition":                      {[]string{"-n", "0"}, false},
		"two installations":                  {[]string{"-kubeconfig", "a=/a", "-kubeconfig", "/b"}, true},
		"a flag that does not exist":         {[]string{"-pods"}, false},
		"a process, which is checked later":  {[]string{"-pid", "manager"}, true},
		"a result to make the table of once": {[]string{"-render", "result.json"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(test.args); (err == nil) != test.ok {
				t.Errorf("parse(%q): %v", test.args, err)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "cluster.json"), []byte(`{"processes":[{"name":"manager-0","pid":9}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(folder, "admin.kubeconfig")
	for name, test := range map[string]struct {
		kubeconfigs, pids []string
		want              []place
	}{
		"one needs no name": {
			[]string{"/a"}, []string{"manager=1"},
			[]place{{"this", "/a", []process.Named{{Name: "manager", PID: 1}}}},
		},
		"two are called by letters, if by nothing else": {
			[]string{"/a", "ours=/b"}, []string{"ours/manager=1", "A/manager=2", "A/manager=3"},
			[]place{
				{"A", "/a", []process.Named{{Name: "manager", PID: 2}, {Name: "manager", PID: 3}}},
				{"ours", "/b", []process.Named{{Name: "manager", PID: 1}}},
			},
		},
		"of two, a process needs the name of one": {[]string{"/a", "/b"}, []string{"manager=1"}, nil},
		"of an installation that is not there":    {[]string{"/a"}, []string{"b/manager=1"}, nil},
		"a process without a number":              {[]string{"/a"}, []string{"manager"}, nil},
		"a cluster of test/cluster tells its own": {
			[]string{own}, nil,
			[]place{{"this", own, []process.Named{{Name: "manager", PID: 9}}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := &options{kubeconfigs: test.kubeconfigs, pids: test.pids}
			got, err := o.places()
			if (err == nil) != (test.want != nil) {
				t.Fatalf("places: %v", err)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(place{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Two results are put together, under the names that they are given.
func TestLoaded(t *testing.T) {
	folder := t.TempDir()
	paths := []string{filepath.Join(folder, "a.json"), filepath.Join(folder, "b.json")}
	for _, path := range paths {
		result := &report.Result{Installations: []report.Installation{{Name: "this", Kubernetes: path}}}
		if err := result.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := (&options{renders: []string{paths[0], "after=" + paths[1]}}).loaded()
	if err != nil {
		t.Fatal(err)
	}
	want := []report.Installation{{Name: "this", Kubernetes: paths[0]}, {Name: "after", Kubernetes: paths[1]}}
	if diff := cmp.Diff(want, got.Installations); diff != "" || len(got.Notes) != 1 {
		t.Errorf("%s\nnotes: %q", diff, got.Notes)
	}
	if _, err := (&options{renders: []string{filepath.Join(folder, "none.json")}}).loaded(); err == nil {
		t.Error("a file was read that does not exist")
	}
}
