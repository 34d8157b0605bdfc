// Package process reads the CPU time and memory of processes of this machine, from /proc: on Linux only.
package process

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Named is a process under the name that the results give it. Several of one name are added up.
type Named struct {
	Name string
	PID  int
}

// Parse reads NAME=PID.
func Parse(text string) (Named, error) {
	name, number, found := strings.Cut(text, "=")
	pid, err := strconv.Atoi(number)
	if !found || name == "" || err != nil || pid <= 0 {
		return Named{}, fmt.Errorf("%q: want NAME=PID, as in manager=123", text)
	}
	return Named{Name: name, PID: pid}, nil
}

// OfCluster returns the managers and the API server of a cluster of test/cluster, whose state is in that folder, or nothing if
// the folder is no such cluster's.
func OfCluster(folder string) ([]Named, error) {
	var state struct {
		Processes []struct {
			Name string
			PID  int
		}
	}
	content, err := os.ReadFile(filepath.Join(folder, "cluster.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &state)
	}
	if err != nil {
		return nil, fmt.Errorf("the cluster's processes: %w", err)
	}
	var found []Named
	for _, each := range state.Processes {
		switch {
		case strings.HasPrefix(each.Name, "manager"):
			found = append(found, Named{Name: "manager", PID: each.PID})
		case each.Name == "kube-apiserver":
			found = append(found, Named{Name: "apiserver", PID: each.PID})
		case each.Name == "etcd":
			found = append(found, Named{Name: "etcd", PID: each.PID})
		}
	}
	return found, nil
}

// Usage is what processes of one name have used.
type Usage struct {
	// CPU is user and system time, in milliseconds.
	CPU float64
	// RSS is the memory that is resident now, in MiB.
	RSS float64
}

// Names returns the names, each once, in order.
func Names(processes []Named) []string {
	var names []string
	for _, each := range processes {
		names = append(names, each.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Read returns the usage by name. A name that has a process which cannot be read is left out.
func Read(processes []Named) map[string]Usage {
	usage := map[string]Usage{}
	for _, name := range Names(processes) {
		var sum Usage
		var failure error
		for _, each := range processes {
			if each.Name == name {
				one, err := read(each.PID)
				failure = cmp.Or(failure, err)
				sum.CPU, sum.RSS = sum.CPU+one.CPU, sum.RSS+one.RSS
			}
		}
		if failure == nil {
			usage[name] = sum
		}
	}
	return usage
}

func read(pid int) (Usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, err
	}
	return parseStat(stat, os.Getpagesize())
}

// ticks is the kernel's USER_HZ, which is 100 on every architecture that Go runs on.
const ticks = 100

// parseStat reads /proc/PID/stat. The name of the program, in parentheses, may hold anything.
func parseStat(stat []byte, pageSize int) (Usage, error) {
	const user, system, resident = 11, 12, 21 // Counted from the state, which follows the name.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= resident {
		return Usage{}, fmt.Errorf("%q is no /proc/PID/stat", stat)
	}
	var numbers [3]float64
	for i, field := range []int{user, system, resident} {
		number, err := strconv.ParseFloat(fields[field], 64)
		if err != nil {
			return Usage{}, err
		}
		numbers[i] = number
	}
	return Usage{CPU: (numbers[0] + numbers[1]) * 1000 / ticks, RSS: numbers[2] * float64(pageSize) / (1 << 20)}, nil
}

// Machine is how long the machine's processors have worked, and how long they existed, both in seconds of one processor.
type Machine struct{ Busy, All float64 }

// ReadMachine reads /proc/stat. It returns zeros where there is none.
func ReadMachine() Machine {
	content, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Machine{}
	}
	return parseMachine(string(content))
}

func parseMachine(content string) Machine {
	line, _, _ := strings.Cut(content, "\n")
	var m Machine
	for i, field := range strings.Fields(line) {
		const idle, iowait, steal = 4, 5, 8 // The last two, of guests, are in the user's already.
		number, err := strconv.ParseFloat(field, 64)
		if err != nil || i > steal {
			continue
		}
		m.All += number / ticks
		if i != idle && i != iowait {
			m.Busy += number / ticks
		}
	}
	return m
}

// BusyShare returns which share of the processors has worked since before, between 0 and 1.
func (m Machine) BusyShare(before Machine) float64 {
	if m.All <= before.All {
		return 0
	}
	return (m.Busy - before.Busy) / (m.All - before.All)
}
