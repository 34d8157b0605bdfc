package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Record holds what must be known of a process to end it later.
type Record struct {
	Identity
	Name string `json:"name"`
	Log  string `json:"log"`
	// Command is the program and its arguments.
	Command []string `json:"command"`
	// Env holds the variables that it was started with besides those of its starter.
	Env []string `json:"env,omitempty"`
	// Killed says that a command of this program ended it, and not the process itself.
	Killed bool `json:"killed,omitempty"`
}

// Running is a process started by this one.
type Running struct {
	Record
	exited chan struct{}
	err    error
}

// Start starts command in a separate session, so that it outlives this process and a terminal's interrupt does not reach it.
// The command runs in dir. Its output goes to the file at log.
func Start(name, dir, log string, env []string, command ...string) (*Running, error) {
	return StartBy((*exec.Cmd).Start, name, dir, log, env, command...)
}

// StartBy is Start with another way of starting a child.
func StartBy(start func(*exec.Cmd) error, name, dir, log string, env []string, command ...string) (*Running, error) {
	if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
		return nil, err
	}
	output, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer output.Close()

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := start(cmd); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	// A child that has not been waited for keeps its id, so this is the child even if it has ended already. In that case there
	// is nothing to end later, and an identity that matches nothing is right.
	identity, err := Identify(cmd.Process.Pid)
	if err != nil {
		identity = Identity{PID: cmd.Process.Pid, Started: "ended at once"}
	}
	running := &Running{
		Record: Record{Identity: identity, Name: name, Log: log, Command: command, Env: env},
		exited: make(chan struct{}),
	}
	go func() {
		running.err = cmd.Wait()
		close(running.exited)
	}()
	return running, nil
}

// Exited returns a channel that is closed when the process has ended.
func (r *Running) Exited() <-chan struct{} {
	return r.exited
}

// Failure returns how an ended process ended, with the end of its log.
func (r *Running) Failure() error {
	<-r.exited
	how := "exit status 0"
	if r.err != nil {
		how = r.err.Error()
	}
	return fmt.Errorf("%s ended by itself (%s); its log ends:\n%s", r.Name, how, Tail(r.Log, 20))
}

// Tail returns the last lines of a file.
func Tail(path string, lines int) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	return "    " + strings.Join(all[max(0, len(all)-lines):], "\n    ")
}
