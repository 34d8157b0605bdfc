package testbed

import (
	"sync"
	"syscall"
	"testing"
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
