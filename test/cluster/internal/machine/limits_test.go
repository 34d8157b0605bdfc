package machine

import (
	"os"
	"path/filepath"
	"testing"
)

// hierarchy makes a folder like one at which the kernel shows cgroups, with a cgroup named "limited" that has these files.
func hierarchy(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "limited"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if err := os.WriteFile(filepath.Join(dir, "limited", file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestConfine(t *testing.T) {
	both := Limits{Memory: 512 << 20, CPUs: 1.5}
	const procs = "cgroup.procs"
	for name, tc := range map[string]struct {
		hierarchies [][]string
		limits      Limits
		want        []map[string]string
		fails       bool
	}{
		"version 2": {
			hierarchies: [][]string{{procs, "memory.max", "memory.swap.max", "cpu.max"}}, limits: both,
			want: []map[string]string{{procs: "7", "memory.max": "536870912", "memory.swap.max": "0", "cpu.max": "150000 100000"}},
		},
		"version 1, and a hierarchy with neither": {
			hierarchies: [][]string{
				{procs, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"}, {procs, "cpu.cfs_period_us", "cpu.cfs_quota_us"}, {procs},
			},
			limits: both,
			want: []map[string]string{
				{procs: "7", "memory.limit_in_bytes": "536870912", "memory.memsw.limit_in_bytes": "536870912"},
				{procs: "7", "cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "150000"}, {procs: ""},
			},
		},
		"memory alone":              {hierarchies: [][]string{{procs, "memory.max"}}, limits: Limits{Memory: 1}, want: []map[string]string{{procs: "7", "memory.max": "1"}}},
		"no controller for a limit": {hierarchies: [][]string{{procs, "memory.max", "memory.swap.max"}}, limits: both, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			var dirs []string
			for _, files := range tc.hierarchies {
				dirs = append(dirs, hierarchy(t, files...))
			}
			if err := confine(dirs, "limited", 7, tc.limits); (err != nil) != tc.fails {
				t.Fatal(err)
			}
			for i, want := range tc.want {
				for file, value := range want {
					got, err := os.ReadFile(filepath.Join(dirs[i], "limited", file))
					if err != nil || string(got) != value {
						t.Errorf("%s has %q, want %q (%v)", file, got, value, err)
					}
				}
			}
		})
	}
}
