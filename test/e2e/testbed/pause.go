package testbed

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Pause stops a component of the cluster, such as kwok, which plays the kubelets, until resume is called or the test ends.
func (b *Bed) Pause(t *testing.T, component string) (resume func()) {
	t.Helper()
	pid := b.process(t, component)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatalf("pausing %s: %v", component, err)
	}
	resume = sync.OnceFunc(func() {
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
			t.Errorf("resuming %s: %v", component, err)
		}
	})
	t.Cleanup(resume)
	return resume
}

// Stall stops a component of the cluster and lets it run, in turns, until the test ends. What asks it for something waits for up to
// stopped then, as for a disk that takes that long.
func (b *Bed) Stall(t *testing.T, component string, stopped, running time.Duration) {
	t.Helper()
	pid := b.process(t, component)
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	t.Cleanup(func() {
		end()
		<-ended
	})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			if err := turn(ctx, pid, stopped, running); err != nil {
				t.Errorf("stalling %s: %v", component, err)
				return
			}
		}
	}()
}

// turn stops a process for a time, and lets it run for another. It runs when turn returns.
func turn(ctx context.Context, pid int, stopped, running time.Duration) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	pass(ctx, stopped)
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		return err
	}
	pass(ctx, running)
	return nil
}

func pass(ctx context.Context, long time.Duration) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
