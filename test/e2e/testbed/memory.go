package testbed

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// highWaterMark is the line of /proc/PID/status with the most memory that the process had at a time, in KiB (proc_pid_status(5)).
var highWaterMark = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// Peak returns the most memory, in bytes, that the manager had since ResetPeak. An error says that the manager has ended, or
// that the system has no /proc.
func (m *Manager) Peak() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.PID))
	if err != nil {
		return 0, err
	}
	match := highWaterMark.FindSubmatch(status)
	if match == nil {
		return 0, fmt.Errorf("process %d has no memory: it has ended", m.PID)
	}
	kib, err := strconv.ParseInt(string(match[1]), 10, 64)
	return kib << 10, err
}

// ResetPeak lets Peak begin anew, with what the manager has now.
func (m *Manager) ResetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", m.PID), []byte("5"), 0) // See proc_pid_clear_refs(5).
}

// Resident returns how many bytes of memory the manager uses.
func (m *Manager) Resident(t *testing.T) int {
	t.Helper()
	const name = "process_resident_memory_bytes"
	bytes := int(m.ReadMetrics(t).Sum(name))
	if bytes == 0 {
		t.Fatalf("the manager has no metric %s: on this system it is not known", name)
	}
	return bytes
}

// Raced says whether the manager was built with the race detector.
func (m *Manager) Raced(t *testing.T) bool {
	t.Helper()
	info, err := buildinfo.ReadFile(m.Command[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range info.Settings {
		if setting.Key == "-race" && setting.Value == "true" {
			return true
		}
	}
	return false
}
