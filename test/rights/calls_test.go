package rights

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCountCalls(t *testing.T) {
	const (
		now    = `{"requestReceivedTimestamp":"2026-01-02T00:00:00.000001Z",`
		before = `{"requestReceivedTimestamp":"2025-12-31T23:59:59.999999Z",`
		pod    = `"verb":"create","objectRef":{"resource":"pods","namespace":"users"}}` + "\n"
		status = `"verb":"patch","objectRef":{"resource":"sandboxes","subresource":"status","apiGroup":"agents.x-k8s.io","namespace":"users"}}` + "\n"
		other  = `"verb":"create","objectRef":{"resource":"pods","namespace":"others"}}` + "\n"
		failed = `"verb":"create","objectRef":{"resource":"pods","namespace":"users"},"responseStatus":{"code":403}}` + "\n"
		none   = `"verb":"get","requestURI":"/version"}` + "\n"
	)
	calls := map[string]int{}
	log := before + pod + now + pod + now + other + now + status + now + none + now + failed + now + pod + now
	if err := countCalls(strings.NewReader(log), "users", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), calls); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"create pods": 2, "create pods: 403 Forbidden": 1, "patch sandboxes/status": 1}, calls); diff != "" {
		t.Error(diff)
	}
	if err := countCalls(strings.NewReader("no event\n"), "users", time.Time{}, calls); err == nil {
		t.Error("no error")
	}
}
