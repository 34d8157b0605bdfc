package testbed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// CPU returns how long the manager has computed since its start, to the nearest 10 ms. An error says that the manager has
// ended, or that the system has no /proc.
func (m *Manager) CPU() (time.Duration, error) { return cpuOf(m.PID) }

// APIServerCPU returns the same of the API server.
func (b *Bed) APIServerCPU(t *testing.T) time.Duration {
	t.Helper()
	used, err := cpuOf(b.process(t, "kube-apiserver"))
	if err != nil {
		t.Fatal(err)
	}
	return used
}

// process returns the process id of a component of the cluster.
func (b *Bed) process(t *testing.T, name string) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(b.dir, "cluster.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cluster struct {
		Processes []struct {
			PID  int    `json:"pid"`
			Name string `json:"name"`
		} `json:"processes"`
	}
	if err := json.Unmarshal(content, &cluster); err != nil {
		t.Fatal(err)
	}
	for _, process := range cluster.Processes {
		if process.Name == name {
			return process.PID
		}
	}
	t.Fatalf("the cluster has no process %q", name)
	return 0
}

// tick is the unit of the times in /proc/PID/stat on Linux (USER_HZ, which is 100 on all common systems).
const tick = 10 * time.Millisecond

// cpuOf returns how long a process has computed. The name of the program may have spaces, and is in parentheses. utime and stime
// are fields 14 and 15 (proc_pid_stat(5)).
func cpuOf(pid int) (time.Duration, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	const utime = 14 - 3 // From behind the name, which is field 2.
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	if len(fields) < utime+2 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	var sum time.Duration
	for _, field := range fields[utime : utime+2] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(ticks) * tick
	}
	return sum, nil
}
