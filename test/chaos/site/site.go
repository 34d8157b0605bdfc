// Package site is the running cluster of a chaos run: its programs, which are ended and started again, and where they are.
package site

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// These are programs of a cluster.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Kwok              = "kwok"
	Forwarder         = "forwarder"
)

// Site is a cluster that test/cluster started.
type Site struct {
	// Dir is the folder of its state, and Program is test/cluster itself.
	Dir, Program string
}

// Status is what test/cluster says of a program.
type Status struct {
	Name   string `json:"name"`
	PID    int    `json:"pid"`
	Alive  bool   `json:"alive"`
	Killed bool   `json:"killed"`
}

// Manager is a replica of the product's manager.
type Manager struct {
	Name    string
	Metrics string   `json:"metrics"`
	Health  string   `json:"health"`
	PID     int      `json:"pid"`
	Log     string   `json:"log"`
	Command []string `json:"command"`
}

// Kill ends a program: at once, or after a grace.
func (s *Site) Kill(ctx context.Context, name string, grace time.Duration) error {
	_, err := s.run(ctx, "kill", "--grace="+grace.String(), name)
	return err
}

// Start starts a program again: another build of it, if program is not empty.
func (s *Site) Start(ctx context.Context, name, program string) error {
	_, err := s.run(ctx, "start", "--program="+program, name)
	return err
}

// NewCertificate makes a certificate for webhooks, and returns the authority that signed it, in PEM.
func (s *Site) NewCertificate(ctx context.Context) ([]byte, error) {
	out, err := s.run(ctx, "certificate")
	if err != nil {
		return nil, err
	}
	return os.ReadFile(strings.TrimSpace(string(out)))
}

// InstallCertificate gives that certificate to the managers.
func (s *Site) InstallCertificate(ctx context.Context) error {
	_, err := s.run(ctx, "certificate", "--install")
	return err
}

// Programs returns all programs.
func (s *Site) Programs(ctx context.Context) ([]Status, error) {
	out, err := s.run(ctx, "status")
	if err != nil {
		return nil, err
	}
	var programs []Status
	for lines := json.NewDecoder(bytes.NewReader(out)); lines.More(); {
		var one Status
		if err := lines.Decode(&one); err != nil {
			return nil, err
		}
		programs = append(programs, one)
	}
	return programs, nil
}

// Signal sends a signal to a program.
func (s *Site) Signal(ctx context.Context, name string, signal syscall.Signal) error {
	programs, err := s.Programs(ctx)
	if err != nil {
		return err
	}
	for _, p := range programs {
		if p.Name == name && p.Alive {
			return syscall.Kill(p.PID, signal)
		}
	}
	return fmt.Errorf("the cluster has no running program %q", name)
}

// Managers returns the replicas of the manager.
func (s *Site) Managers() ([]Manager, error) {
	content, err := os.ReadFile(filepath.Join(s.Dir, "endpoints.json"))
	if err != nil {
		return nil, err
	}
	var endpoints struct {
		Managers []Manager `json:"managers"`
	}
	if err := json.Unmarshal(content, &endpoints); err != nil {
		return nil, err
	}
	for i := range endpoints.Managers {
		endpoints.Managers[i].Name = fmt.Sprintf("manager-%d", i)
	}
	return endpoints.Managers, nil
}

// Ready waits until a manager is ready.
func (m *Manager) Ready(ctx context.Context, limit time.Duration) error {
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, limit, true, func(ctx context.Context) (bool, error) {
		status, _, err := get(ctx, "http://"+m.Health+"/readyz")
		return err == nil && status == http.StatusOK, nil
	})
	if err != nil {
		return fmt.Errorf("%s is not ready after %s: %w", m.Name, limit, err)
	}
	return nil
}

// Leads says whether a manager says that it leads.
func (m *Manager) Leads(ctx context.Context) bool {
	_, metrics, err := get(ctx, "http://"+m.Metrics+"/metrics")
	return err == nil && bytes.Contains(metrics, []byte("\nnamesake_leader 1\n"))
}

func get(ctx context.Context, url string) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	var content bytes.Buffer
	_, err = content.ReadFrom(response.Body)
	return response.StatusCode, content.Bytes(), err
}

// run runs a command of test/cluster on this cluster.
func (s *Site) run(ctx context.Context, command string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, s.Program, append([]string{command, "--dir=" + s.Dir}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		if failed, is := errors.AsType[*exec.ExitError](err); is {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(failed.Stderr))
		}
		return nil, fmt.Errorf("%s %s %s: %w", filepath.Base(s.Program), command, strings.Join(args, " "), err)
	}
	return out, nil
}
