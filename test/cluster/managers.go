package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// manager is one replica of the product's manager, as endpoints.json shows it.
type manager struct {
	Metrics string `json:"metrics"`
	Health  string `json:"health"`
	Webhook string `json:"webhook"`
	PID     int    `json:"pid"`
	Log     string `json:"log"`
	// Command starts it again, for tests that ended it.
	Command []string `json:"command"`
	// MemoryLimit is in bytes, 0 for no limit.
	MemoryLimit int64 `json:"memoryLimit,omitempty"`
	// Confined says that the kernel enforces the limits.
	Confined bool `json:"confined,omitempty"`
}

// endpoints is the content of endpoints.json: what a test may want to reach.
type endpoints struct {
	APIServer string    `json:"apiserver"`
	Managers  []manager `json:"managers"`
}

// managersPlan says where the managers will be before they exist, since the webhooks' configurations come first.
type managersPlan struct {
	managers []manager
	// webhookPort is where the API server reaches the webhooks: the port of a forwarder, or of the only manager.
	webhookPort int
}

// planManagers chooses the addresses of the managers, and of a forwarder if there are several.
func (c *cluster) planManagers(program string) (*managersPlan, error) {
	ports, err := freePorts(3*c.options.managers + 1)
	if err != nil {
		return nil, err
	}
	plan := &managersPlan{webhookPort: ports[0]}
	for i := range c.options.managers {
		webhook, metrics, health := ports[3*i+1], ports[3*i+2], ports[3*i+3]
		if c.options.managers == 1 {
			webhook = plan.webhookPort
		}
		one := manager{
			Metrics: loopback(metrics), Health: loopback(health), Webhook: loopback(webhook),
			Log: c.state.path("logs", managerName(i)+".log"),
			Command: []string{
				program,
				"--kubeconfig=" + c.state.kubeconfig("controller"),
				fmt.Sprintf("--leader-elect=%t", c.options.leaderElect),
				"--leader-election-namespace=" + controllerNamespace,
				fmt.Sprintf("--webhook-port=%d", webhook),
				"--webhook-cert-dir=" + c.webhookCertDir(),
				"--metrics-bind-address=" + loopback(metrics),
				"--health-probe-bind-address=" + loopback(health),
				"--controller-user=" + controllerUser,
			},
		}
		one.Command = append(one.Command, c.options.managerFlags...)
		if c.options.managers == 1 {
			one.Command = append(one.Command, patientLease...)
		}
		plan.managers = append(plan.managers, one)
	}
	return plan, nil
}

// patientLease is for a manager that nobody would replace. On a busy machine, the race detector and the control plane beside it
// keep a manager from renewing its Lease within the seconds that a quick failover allows.
var patientLease = []string{
	"--leader-election-lease-duration=60s", "--leader-election-renew-deadline=40s", "--leader-election-retry-period=2s",
}

const managerPrefix = "manager-"

func managerName(index int) string {
	return fmt.Sprintf("%s%d", managerPrefix, index)
}

// startManagers starts the managers, waits until each is ready, and writes endpoints.json.
func (c *cluster) startManagers(ctx context.Context, plan *managersPlan) error {
	if len(plan.managers) > 1 {
		if err := c.startForwarder(plan); err != nil {
			return err
		}
	}
	for i := range plan.managers {
		if err := c.launch(managerName(i), plan.managers[i].Command, c.limitEnvironment()...); err != nil {
			return err
		}
		m := &plan.managers[i]
		m.PID, m.MemoryLimit = c.running[len(c.running)-1].PID, int64(c.options.managerMemory)
		var err error
		if m.Confined, err = c.confine(managerName(i), m.PID); err != nil {
			return err
		}
	}
	for i, m := range plan.managers {
		err := c.await(ctx, managerName(i)+" to be ready", func(ctx context.Context) (bool, error) {
			return healthy(ctx, "http://"+m.Health+"/readyz")
		})
		if err != nil {
			return err
		}
	}
	c.timeline.reached("%d of the managers are ready", len(plan.managers))
	content, err := json.MarshalIndent(endpoints{APIServer: c.api.server, Managers: plan.managers}, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(c.state.path("endpoints.json"), append(content, '\n'))
}

// startForwarder starts this very program as a forwarder.
func (c *cluster) startForwarder(plan *managersPlan) error {
	program, err := c.copySelf("forwarder")
	if err != nil {
		return err
	}
	var targets []string
	for _, m := range plan.managers {
		targets = append(targets, m.Webhook)
	}
	return c.launch("forwarder", []string{program, "forward", "--listen=" + loopback(plan.webhookPort), "--to=" + strings.Join(targets, ",")})
}

// copySelf copies this very program into the state's folder, to be started from there. `go run` removes its own copy when it
// ends.
func (c *cluster) copySelf(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	program := c.state.path("bin", name)
	if err := os.MkdirAll(c.state.path("bin"), 0o700); err != nil {
		return "", err
	}
	return program, copyFile(self, program, 0o700)
}
