package testbed

import (
	"debug/buildinfo"
	"testing"
)

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
