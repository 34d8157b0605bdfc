package main

import (
	"testing"
	"testing/fstest"
)

func TestMemoryLimit(t *testing.T) {
	for name, tc := range map[string]struct {
		files map[string]string
		want  int64 // 0 for none
	}{
		"version 2, its own group as the root": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "536870912\n",
		}, 536870912},
		"version 2, the host's tree: the lowest": {map[string]string{
			"proc/self/cgroup": "0::/pods/a/b\n", "sys/fs/cgroup/pods/a/b/memory.max": "max\n",
			"sys/fs/cgroup/pods/a/memory.max": "1000000\n", "sys/fs/cgroup/pods/memory.max": "2000000\n",
		}, 1000000},
		"version 2, without a limit": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n",
		}, 0},
		"version 1": {map[string]string{
			"proc/self/cgroup": "5:cpu,cpuacct:/a\n4:memory:/a\n1:name=systemd:/a\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes":      "268435456\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":        "9223372036854771712\n",
			"sys/fs/cgroup/cpu,cpuacct/a/memory.limit_in_bytes": "1\n",
		}, 268435456},
		"version 1, the path is the host's": {map[string]string{
			"proc/self/cgroup": "4:memory:/kubepods/pod1/c\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n",
		}, 268435456},
		"version 1, without a limit": {map[string]string{
			"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 0},
		"no control groups": {map[string]string{}, 0},
		"not to be understood": {map[string]string{
			"proc/self/cgroup": "?\n0::/\n", "sys/fs/cgroup/memory.max": "a lot\n",
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			root := fstest.MapFS{}
			for file, text := range tc.files {
				root[file] = &fstest.MapFile{Data: []byte(text)}
			}
			got, ok := memoryLimit(root)
			if ok != (tc.want > 0) || ok && got != tc.want {
				t.Errorf("got %d, %t, want %d", got, ok, tc.want)
			}
		})
	}
}
