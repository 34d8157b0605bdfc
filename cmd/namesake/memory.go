package main

import (
	"cmp"
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

const (
	// gcPercent is how much of the heap may be garbage before a collection, in percent of what is in use. The environment
	// variable GOGC overrides it. Most of the heap is cache, which lives long. Go's own default of 100 would almost double it.
	gcPercent = 50
	// memoryPercent is the part of the container's memory limit from which on Go collects garbage more often. The environment
	// variable GOMEMLIMIT overrides it. The rest is room for what Go does not count, and for the time that a collection takes.
	memoryPercent = 90
)

// tuneMemory sets when Go collects garbage, unless the environment says it.
func tuneMemory() {
	if _, said := os.LookupEnv("GOGC"); !said {
		debug.SetGCPercent(gcPercent)
	}
	if _, said := os.LookupEnv("GOMEMLIMIT"); said {
		return
	}
	if limit, ok := memoryLimit(os.DirFS("/")); ok {
		debug.SetMemoryLimit(limit / 100 * memoryPercent)
	}
}

// memoryLimit returns the lowest memory limit of the control groups that this process is in, in bytes, and whether there is
// one. It knows both versions of control groups:
// https://docs.kernel.org/admin-guide/cgroup-v2.html and https://docs.kernel.org/admin-guide/cgroup-v1/memory.html.
func memoryLimit(root fs.FS) (int64, bool) {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	lowest := int64(math.MaxInt64)
	for line := range strings.Lines(string(groups)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // as 0::/a/b, or 4:memory:/a/b
		if len(fields) != 3 {
			continue
		}
		folder, file := "sys/fs/cgroup", "memory.max"
		switch {
		case fields[0] != "0" && strings.Contains(","+fields[1]+",", ",memory,"):
			folder, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case fields[0] != "0":
			continue
		}
		// A container may see its own group as the root, while the path is the host's: the root is always looked at.
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			lowest = min(lowest, limitIn(root, path.Join(folder, group, file)))
			if group == "/" {
				break
			}
		}
	}
	return lowest, lowest < unlimited
}

// unlimited is more memory than any machine has. Version 1 has such a number where there is no limit.
const unlimited = 1 << 60

// limitIn returns the limit in a file, or the largest number if there is no such file or no limit in it.
func limitIn(root fs.FS, file string) int64 {
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return math.MaxInt64
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil { // "max"
		return math.MaxInt64
	}
	return cmp.Or(limit, math.MaxInt64)
}
