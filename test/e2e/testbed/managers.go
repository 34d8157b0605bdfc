package testbed

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// Manager is a replica of the product's manager.
type Manager struct {
	Metrics string   `json:"metrics"`
	Health  string   `json:"health"`
	Webhook string   `json:"webhook"`
	PID     int      `json:"pid"`
	Log     string   `json:"log"`
	Command []string `json:"command"`
	// MemoryLimit is in bytes, 0 for no limit.
	MemoryLimit int64 `json:"memoryLimit"`
	// Confined says that the kernel enforces the limit.
	Confined bool `json:"confined"`

	// ended is closed when the process that Start started has ended.
	ended chan struct{}
}

// Managers returns the replicas that the cluster was started with.
func (b *Bed) Managers(t *testing.T) []*Manager {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(b.dir, "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	var endpoints struct {
		Managers []*Manager `json:"managers"`
	}
	if err := json.Unmarshal(content, &endpoints); err != nil {
		t.Fatal(err)
	}
	return endpoints.Managers
}

// Kill ends the manager without warning, as a node failure does.
func (m *Manager) Kill(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(m.PID, syscall.SIGKILL); err != nil {
		t.Fatalf("killing the manager, process %d: %v", m.PID, err)
	}
	t.Logf("killed the manager, process %d", m.PID)
}

// Start starts the manager again, after Kill. It ends with the test.
func (m *Manager) Start(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(m.Log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	command := exec.Command(m.Command[0], m.Command[1:]...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	m.PID = command.Process.Pid
	ended := make(chan struct{})
	m.ended = ended
	go func() {
		_ = command.Wait() // This test or another one kills it.
		close(ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	t.Logf("started the manager again, process %d", m.PID)
}

// Stop tells the manager that Start has started to stop, as the kubelet does, and returns how long it took to end. After a
// minute it kills the manager.
func (m *Manager) Stop(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	if err := syscall.Kill(m.PID, syscall.SIGTERM); err != nil {
		t.Fatalf("stopping the manager, process %d: %v", m.PID, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	select {
	case <-m.ended:
	case <-ctx.Done():
		m.Kill(t)
		<-m.ended
	}
	return time.Since(began)
}

// Runs says whether the process that Start started still runs.
func (m *Manager) Runs() bool {
	select {
	case <-m.ended:
		return false
	default:
		return true
	}
}

// AwaitReady waits until the manager answers admission.
func (m *Manager) AwaitReady(t *testing.T) {
	t.Helper()
	ready := func(ctx context.Context) (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.Health+"/readyz", http.NoBody)
		if err != nil {
			return false, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, nil // It does not listen yet.
		}
		return response.StatusCode == http.StatusOK, response.Body.Close()
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, ready); err != nil {
		t.Fatalf("waiting for the manager, process %d, to be ready: %v", m.PID, err)
	}
}
