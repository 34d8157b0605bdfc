package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

// killCommand ends one program of a running cluster, for tests of failures: without warning, or as the kubelet does.
func killCommand(_ context.Context, args []string) error {
	var grace time.Duration
	flagsOf := func(flags *flag.FlagSet) {
		flags.DurationVar(&grace, "grace", 0, "how long the program may take to end after a SIGTERM; 0 kills it at once")
	}
	return changeComponent("kill", args, flagsOf, func(s *state, index int) error {
		record := &s.Processes[index]
		record.Killed = true
		if err := s.save(); err != nil { // Before it ends, so that nobody takes its end for a failure.
			return err
		}
		if grace > 0 {
			return process.Stop(grace, *record)
		}
		return process.Kill(*record)
	})
}

// startCommand starts one program of a cluster again, after kill or after it ended by itself.
func startCommand(_ context.Context, args []string) error {
	var program string
	flagsOf := func(flags *flag.FlagSet) {
		flags.StringVar(&program, "program", "", "another build of the program, to be started with the same arguments")
	}
	return changeComponent("start", args, flagsOf, func(s *state, index int) error {
		record := s.Processes[index]
		if record.Alive() {
			return fmt.Errorf("%s runs already, as process %d: kill it first", record.Name, record.PID)
		}
		command := slices.Clone(record.Command)
		if program != "" {
			command[0] = program
		}
		running, err := process.Start(record.Name, s.dir, record.Log, record.Env, command...)
		if err != nil {
			return err
		}
		s.Processes[index] = running.Record
		s.Processes[index].Command = record.Command // The next start takes the cluster's own program again.
		return errors.Join(s.save(), s.noteManager(record.Name, running.PID))
	})
}

// programStatus is what status prints of a program.
type programStatus struct {
	Name  string `json:"name"`
	PID   int    `json:"pid"`
	Alive bool   `json:"alive"`
	// Killed says that kill ended it, and that nobody has started it since.
	Killed bool `json:"killed"`
}

// statusCommand prints the programs of a cluster, a line of JSON for each.
func statusCommand(_ context.Context, args []string) error {
	o := &options{}
	flags := flag.NewFlagSet("status", flag.ContinueOnError)
	o.addPlace(flags)
	if err := parse(flags, args); err != nil {
		return err
	}
	s, err := o.load()
	if err != nil {
		return err
	}
	lines := json.NewEncoder(os.Stdout)
	for _, record := range s.Processes {
		err := lines.Encode(programStatus{Name: record.Name, PID: record.PID, Alive: record.Alive(), Killed: record.Killed})
		if err != nil {
			return err
		}
	}
	return nil
}

// changeComponent finds the cluster and the one program that the arguments name, and calls change with its place among the
// processes. Several of these commands, of different programs, may run at a time: each holds a lock of the state.
func changeComponent(name string, args []string, more func(*flag.FlagSet), change func(s *state, index int) error) error {
	o := &options{}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	o.addPlace(flags)
	if more != nil {
		more(flags)
	}
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("%s needs the name of one program of the cluster", name)
	}
	dir, err := o.stateDir()
	if err != nil {
		return err
	}
	unlock, err := lockState(dir)
	if err != nil {
		return err
	}
	defer unlock()
	s, err := loadState(dir)
	if err != nil {
		return fmt.Errorf("%w in %s: run up first", err, dir)
	}
	index := slices.IndexFunc(s.Processes, func(r process.Record) bool { return r.Name == flags.Arg(0) })
	if index < 0 || s.Node != nil { // The programs of a real node are in namespaces of their own.
		return fmt.Errorf("the cluster has no program %q that may be killed and started: it has %s", flags.Arg(0), s.programs())
	}
	return change(s, index)
}

// programs names what kill and start take.
func (s *state) programs() string {
	if s.Node != nil {
		return "a real node"
	}
	var names []string
	for _, record := range s.Processes {
		names = append(names, record.Name)
	}
	return strings.Join(names, ", ")
}

// killed reports whether a command of this program ended that process.
func (s *state) killed(record process.Record) bool {
	return slices.ContainsFunc(s.Processes, func(r process.Record) bool {
		return r.Name == record.Name && (r.Killed || r.Identity != record.Identity)
	})
}

// latest returns the state as kill and start left it, or s itself if it cannot be read.
func (s *state) latest() *state {
	if latest, err := loadState(s.dir); err == nil {
		return latest
	}
	return s
}

// noteManager writes the new process id of a manager into endpoints.json. It does nothing for other programs.
func (s *state) noteManager(name string, pid int) error {
	if !strings.HasPrefix(name, managerPrefix) {
		return nil
	}
	content, err := os.ReadFile(s.path("endpoints.json"))
	if err != nil {
		return err
	}
	var known endpoints
	if err := json.Unmarshal(content, &known); err != nil {
		return fmt.Errorf("reading %s: %w", s.path("endpoints.json"), err)
	}
	for i := range known.Managers {
		if managerName(i) == name {
			known.Managers[i].PID, known.Managers[i].Confined = pid, false
		}
	}
	if content, err = json.MarshalIndent(known, "", "  "); err != nil {
		return err
	}
	return writeWhole(s.path("endpoints.json"), append(content, '\n'))
}

// lockState keeps two commands from changing one cluster's state at once. The kernel releases the lock when its holder ends.
func lockState(dir string) (unlock func(), err error) {
	directory, err := os.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s: run up first", errNoCluster, dir)
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(directory.Fd()), syscall.LOCK_EX); err != nil {
		directory.Close()
		return nil, fmt.Errorf("locking %s: %w", dir, err)
	}
	return func() { directory.Close() }, nil
}
