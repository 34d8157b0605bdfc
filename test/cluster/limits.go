package main

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/machine"
)

// memorySize is a flag of bytes, written as Kubernetes writes memory.
type memorySize int64

var memoryUnits = map[string]int64{"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}

func (m *memorySize) String() string {
	if *m == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*m), 10)
}

// Set takes a number of bytes, or of Ki, Mi or Gi.
func (m *memorySize) Set(text string) error {
	number, factor := text, int64(1)
	for unit, bytes := range memoryUnits {
		if before, found := strings.CutSuffix(text, unit); found {
			number, factor = before, bytes
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/factor {
		return fmt.Errorf("use a number of bytes, Ki, Mi or Gi, such as 512Mi")
	}
	*m = memorySize(n * factor)
	return nil
}

// confine limits a manager that has just started. It reports whether the kernel does so. Where that is impossible, it says so
// loudly, and the manager runs with Go's own limit, which the manager may exceed.
func (c *cluster) confine(name string, pid int) (bool, error) {
	limits := machine.Limits{Memory: int64(c.options.managerMemory), CPUs: c.options.managerCPUs}
	if limits == (machine.Limits{}) {
		return false, nil
	}
	cgroup := fmt.Sprintf("namesake-%s-%d-%s", c.options.name, os.Getpid(), name)
	c.state.Cgroups = append(c.state.Cgroups, cgroup) // What is not recorded would not be removed.
	if err := c.state.save(); err != nil {
		return false, err
	}
	if err := machine.Confine(cgroup, pid, limits); err != nil {
		fmt.Fprintf(os.Stderr, "\nWARNING: %s is NOT LIMITED by the kernel, which takes Linux and root: %v\n"+
			"WARNING: it has Go's own limit of memory only, and no limit of cores.\n\n", name, err)
		return false, nil
	}
	return true, nil
}

// goMemoryPercent is the part of its limit that the manager gives to Go, as in cmd/namesake.
const goMemoryPercent = 90

// limitEnvironment returns what a manager whose memory is limited finds in its environment. The manager reads its limit from its
// cgroup, but it starts outside of it.
func (c *cluster) limitEnvironment() []string {
	if c.options.managerMemory == 0 {
		return nil
	}
	return []string{"GOMEMLIMIT=" + strconv.FormatInt(int64(c.options.managerMemory)/100*goMemoryPercent, 10)}
}
