package process

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// Stop ends the processes together. It sends each a SIGTERM, waits until the grace is over, and then kills it. It returns an
// error for each process that still exists after that.
func Stop(grace time.Duration, records ...Record) error {
	failures := make([]error, len(records))
	var group sync.WaitGroup
	for i, record := range records {
		group.Go(func() { failures[i] = stop(record, grace) })
	}
	group.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// Kill ends the process without warning, as a failure of its machine does, and waits until it is gone.
func Kill(record Record) error {
	if err := record.signal(syscall.SIGKILL); err != nil {
		return fmt.Errorf("killing %s (process %d): %w", record.Name, record.PID, err)
	}
	if !record.waitGone(5 * time.Second) {
		return fmt.Errorf("%s (process %d) does not end", record.Name, record.PID)
	}
	return nil
}

func stop(record Record, grace time.Duration) error {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, grace}, {syscall.SIGKILL, 5 * time.Second}} {
		if err := record.signal(step.signal); err != nil {
			return fmt.Errorf("stopping %s (process %d): %w", record.Name, record.PID, err)
		}
		if record.waitGone(step.wait) {
			return nil
		}
	}
	return fmt.Errorf("%s (process %d) does not end", record.Name, record.PID)
}

// signal sends a signal to exactly that process, or does nothing if it is gone. FindProcess takes a handle of the process
// where the system supports that. The identity is checked after that, so the signal cannot reach a process that got the id in
// between.
func (i Identity) signal(signal syscall.Signal) error {
	handle, err := os.FindProcess(i.PID)
	if err != nil {
		return nil
	}
	defer func() { _ = handle.Release() }()
	if !i.Alive() {
		return nil
	}
	if err := handle.Signal(signal); err != nil && i.Alive() {
		return err
	}
	return nil
}

// waitGone polls until the process is gone. Only its parent would be notified, and that may be another program.
func (i Identity) waitGone(limit time.Duration) bool {
	for deadline := time.Now().Add(limit); i.Alive(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}
