// Package scale measures what many tenants cost, each with a namespace and a pool: memory, the start of a manager, a change of
// the leader, and claims. It runs with two managers without the race detector.
package scale

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// "make test-scale" has more of all.
var (
	tenants  = flag.Int("tenants", 20, "how many namespaces have a pool")
	each     = flag.Int("each", 10, "how many Sandboxes each pool has")
	claims   = flag.Int("claims", 40, "how many claims are made each time, one after the other")
	patience = flag.Duration("patience", 5*time.Minute, "how long all of them may take to be Ready")
)

const (
	mebibyte = 1 << 20
	// few is the size of the only pool with which the others are compared.
	few = 100
)

// A manager with nothing to do takes less than idle, and each Sandbox with its Pod, and its share of a namespace with a pool
// and a template, takes less than perSandbox.
const (
	idle       = 70 * mebibyte
	perSandbox = 40 << 10
)

// With many tenants a claim costs what it costs with one, and the managers' memory grows with the Sandboxes alone.
func TestManyTenants(t *testing.T) {
	bed := testbed.Open(t)
	managers := bed.Managers(t)
	if len(managers) != 2 || managers[0].Raced(t) {
		t.Fatalf("there are %d managers, built with the race detector: %t; run this with --managers 2 and without --race", len(managers), managers[0].Raced(t))
	}
	first := tenant(t, bed, few)
	awaitFull(t, bed, few)
	logMemory(t, bed, managers)
	measure(t, bed, managers, "one tenant", few, []string{first})

	began := time.Now()
	var namespaces []string
	for range *tenants {
		namespaces = append(namespaces, tenant(t, bed, *each))
	}
	total := few + *tenants**each
	awaitFull(t, bed, total)
	t.Logf("%d Sandboxes in %d namespaces, made and Ready after %s", total, *tenants+1, time.Since(began).Round(time.Second))
	logMemory(t, bed, managers)
	measure(t, bed, managers, "one tenant beside them", total, []string{first})
	measure(t, bed, managers, "all tenants in turns", total, namespaces)
	limit := idle + (total+3**claims)*perSandbox
	for i, m := range managers {
		if got := m.Resident(t); got >= limit {
			t.Errorf("manager %d has %d MiB with %d Sandboxes, want less than %d", i, got/mebibyte, total, limit/mebibyte)
		}
	}
	logMemory(t, bed, managers)
	killLeader(t, bed, managers, first)
	bed.CheckRights(t)
}

// measure makes claims, one at a time, in the namespaces in turns, and waits until all pools are full again.
func measure(t *testing.T, bed *testbed.Bed, managers []*testbed.Manager, what string, sandboxes int, namespaces []string) {
	t.Helper()
	before, took := processors(t, managers), make([]time.Duration, 0, *claims)
	for i := range *claims {
		took = append(took, serve(t, bed, namespaces[i%len(namespaces)], fmt.Sprintf("%s-%03d", strings.ReplaceAll(what, " ", "-"), i)))
	}
	awaitFull(t, bed, sandboxes)
	used := processors(t, managers) - before
	p50 := median(took)
	t.Logf("%s: claims Ready after %s p50, %s p99; the managers computed %s a claim with its replacement",
		what, p50.Round(100*time.Microsecond), took[*claims*99/100].Round(time.Millisecond), (used / time.Duration(*claims)).Round(100*time.Microsecond))
}

// killLeader kills the manager that leads, makes a claim at once, and starts the manager again.
func killLeader(t *testing.T, bed *testbed.Bed, managers []*testbed.Manager, namespace string) {
	t.Helper()
	for _, m := range managers {
		if !m.Leads(t) {
			continue
		}
		m.Kill(t)
		t.Logf("the first claim after the leader was killed was Ready after %s", serve(t, bed, namespace, "orphan").Round(time.Millisecond))
		began := time.Now()
		m.Start(t)
		m.AwaitReady(t)
		t.Logf("a manager answers admission %s after its start", time.Since(began).Round(time.Millisecond))
		logMemory(t, bed, managers)
		return
	}
	t.Fatal("no manager leads")
}

func processors(t *testing.T, managers []*testbed.Manager) time.Duration {
	t.Helper()
	var sum time.Duration
	for _, m := range managers {
		used, err := m.CPU()
		if err != nil {
			t.Fatal(err)
		}
		sum += used
	}
	return sum
}

func logMemory(t *testing.T, bed *testbed.Bed, managers []*testbed.Manager) {
	t.Helper()
	for i, m := range managers {
		t.Logf("manager %d has %d MiB, leads: %t", i, m.Resident(t)/mebibyte, m.Leads(t))
	}
	server := bed.APIServerMetrics(t)
	t.Logf("the API server has %.0f MiB, and its store %.0f MiB",
		server.Sum("process_resident_memory_bytes")/mebibyte, server.Sum("apiserver_storage_size_bytes")/mebibyte)
}
