// Package process starts programs that outlive their starter, and ends them again. It never touches a process that merely got
// the same process id.
package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Identity identifies one process for good. A process id is reused; a process id with its start time is not.
type Identity struct {
	PID int `json:"pid"`
	// Started is opaque. Compare it, and do not parse it.
	Started string `json:"started"`
}

var errGone = errors.New("there is no such process")

// Self returns the identity of this process.
func Self() (Identity, error) {
	return Identify(os.Getpid())
}

// Identify returns the identity of the process that has this id now.
func Identify(pid int) (Identity, error) {
	started, err := startTime(pid)
	if err != nil {
		return Identity{}, fmt.Errorf("process %d: %w", pid, err)
	}
	return Identity{PID: pid, Started: started}, nil
}

// Alive reports whether exactly that process runs. A zombie does not.
func (i Identity) Alive() bool {
	now, err := Identify(i.PID)
	return err == nil && now == i
}

// startTime reads /proc if it exists, and asks ps otherwise.
func startTime(pid int) (string, error) {
	if _, err := os.Stat("/proc/self/stat"); err == nil {
		return startTimeFromProc(pid)
	}
	out, err := exec.Command("ps", "-o", "stat=,lstart=", "-p", strconv.Itoa(pid)).Output()
	state, started, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || started == "" || strings.HasPrefix(state, "Z") {
		return "", errGone
	}
	return strings.TrimSpace(started), nil
}

func startTimeFromProc(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", errGone
	}
	state, ticks, err := parseStat(stat)
	if err != nil {
		return "", err
	}
	if state == "Z" || state == "X" {
		return "", errGone
	}
	// Ticks count from the boot. Without the boot's id, a record from before a reboot could match by chance.
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	return ticks + "@" + string(bytes.TrimSpace(boot)), nil
}

// parseStat returns the state (field 3) and the start time (field 22) of a /proc/PID/stat. Field 2, the program's name, may
// contain spaces and parentheses. The rest after its last parenthesis is safe to split.
func parseStat(stat []byte) (state, ticks string, err error) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return "", "", fmt.Errorf("unexpected process status %q", stat)
	}
	fields := strings.Fields(string(stat[end+1:]))
	if len(fields) < 20 {
		return "", "", fmt.Errorf("unexpected process status %q", stat)
	}
	return fields[0], fields[19], nil
}
