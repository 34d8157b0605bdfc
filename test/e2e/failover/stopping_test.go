package failover

import (
	"context"
	"crypto/tls"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// grace is the terminationGracePeriodSeconds of a manager's Pod. After it the kubelet kills the manager.
const grace = 30 * time.Second

// stopInTime tells one leader after the other to stop. Each ends in time, even if something hangs: the first one has a request
// of which the rest never arrives. The test has started the managers, and leaves them running.
func stopInTime(t *testing.T, managers []*testbed.Manager) {
	t.Helper()
	first := awaitLeader(t, managers)
	hang(t, first)
	if took := first.Stop(t); took > grace {
		t.Errorf("the leader took %s to end, and the kubelet waits for %s", took, grace)
	} else {
		t.Logf("with a request that hangs the leader ended after %s", took)
	}
	second := awaitLeader(t, managers)
	took := second.Stop(t)
	if took > grace/2 {
		t.Errorf("the next leader took %s to end, and nothing kept it", took)
	}
	t.Logf("with nothing to do the next leader ended after %s", took)
	for _, m := range managers {
		m.Start(t)
		m.AwaitReady(t)
	}
}

// awaitLeader waits until one of managers is the leader.
func awaitLeader(t *testing.T, managers []*testbed.Manager) *testbed.Manager {
	t.Helper()
	var found *testbed.Manager
	leads := func(context.Context) (bool, error) {
		for _, m := range managers {
			if m.Runs() && m.Leads(t) {
				found = m
			}
		}
		return found != nil, nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, scene.Soon, true, leads); err != nil {
		t.Fatalf("no manager leads: %v", err)
	}
	return found
}

// hang opens a connection to the webhooks of m, and sends half of a request.
func hang(t *testing.T, m *testbed.Manager) {
	t.Helper()
	dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}}
	connection, err := dialer.DialContext(t.Context(), "tcp", m.Webhook)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	const half = "POST /validate-sandbox HTTP/1.1\r\nHost: namesake\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
	if _, err := connection.Write([]byte(half)); err != nil {
		t.Fatal(err)
	}
}
