package machine

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Limits bound what processes may use of the machine together. Zero is no bound.
type Limits struct {
	// Memory is in bytes.
	Memory int64
	// CPUs is in cores, and may be a part of one.
	CPUs float64
}

// cpuPeriod is the time over which the kernel counts, in microseconds. It is the kernel's default.
const cpuPeriod = 100_000

// setting is what one file of a cgroup has to say. The kernel shows the file if its hierarchy has the controller.
type setting struct {
	controller, file, value string
	// optional says that kernels without this file do without.
	optional bool
}

// settings returns the limits in the words of both versions of cgroups, in the order in which the kernel takes them.
func (l Limits) settings() []setting {
	var found []setting
	if l.Memory > 0 {
		bytes := strconv.FormatInt(l.Memory, 10)
		found = append(found,
			setting{controller: "memory", file: "memory.limit_in_bytes", value: bytes},
			setting{controller: "memory", file: "memory.memsw.limit_in_bytes", value: bytes, optional: true},
			setting{controller: "memory", file: "memory.max", value: bytes},
			setting{controller: "memory", file: "memory.swap.max", value: "0", optional: true},
		)
	}
	if l.CPUs > 0 {
		quota := int64(math.Ceil(l.CPUs * cpuPeriod))
		found = append(found,
			setting{controller: "cpu", file: "cpu.cfs_period_us", value: strconv.Itoa(cpuPeriod)},
			setting{controller: "cpu", file: "cpu.cfs_quota_us", value: strconv.FormatInt(quota, 10)},
			setting{controller: "cpu", file: "cpu.max", value: fmt.Sprintf("%d %d", quota, cpuPeriod)},
		)
	}
	return found
}

// Confine makes a cgroup of that name with the limits, and moves the process into it, with all its threads. Memory that the
// process already has is not counted, so move it right after its start. RemoveCgroup removes the cgroup, also after an error.
func Confine(name string, pid int, limits Limits) error {
	if err := makeCgroup(name); err != nil {
		return err
	}
	dirs, err := hierarchies()
	if err != nil {
		return err
	}
	return confine(dirs, name, pid, limits)
}

func confine(dirs []string, name string, pid int, limits Limits) error {
	limited := map[string]bool{}
	for _, dir := range dirs {
		folder := filepath.Join(dir, name)
		here := false
		for _, s := range limits.settings() {
			written, err := writeExisting(filepath.Join(folder, s.file), s.value)
			if err != nil && !s.optional {
				return fmt.Errorf("limiting a cgroup: %w", err)
			}
			here = here || written
			limited[s.controller] = limited[s.controller] || written && !s.optional
		}
		if !here {
			continue
		}
		if err := os.WriteFile(filepath.Join(folder, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o644); err != nil {
			return fmt.Errorf("moving process %d into a cgroup: %w", pid, err)
		}
	}
	var missing []string
	for _, s := range limits.settings() {
		if !limited[s.controller] {
			missing, limited[s.controller] = append(missing, s.controller), true
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("this machine's cgroups have no controller for: %s", strings.Join(missing, ", "))
	}
	return nil
}

// writeExisting writes a file if it exists, and reports whether it did.
func writeExisting(path, value string) (bool, error) {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if os.IsNotExist(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	if _, err := file.WriteString(value); err != nil {
		return false, err
	}
	return true, nil
}
