package rights

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDenials(t *testing.T) {
	const (
		start   = `{"kind":"Event","requestReceivedTimestamp":"2026-01-02T00:00:00.000001Z","level":"Metadata","stage":"ResponseComplete","user":{"username":"manager"},`
		allowed = `"annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"RBAC: allowed"}}` + "\n"
		refused = `"annotations":{"authorization.k8s.io/decision":"forbid","authorization.k8s.io/reason":""}}` + "\n"
		pod     = `"verb":"create","objectRef":{"resource":"pods","namespace":"users","name":"a","apiVersion":"v1"},`
		status  = `"verb":"patch","objectRef":{"resource":"sandboxes","subresource":"status","apiGroup":"agents.x-k8s.io","namespace":"users"},`
		list    = `"verb":"list","objectRef":{"resource":"secrets","apiVersion":"v1"},`
		before  = `{"requestReceivedTimestamp":"2025-12-31T23:59:59.999999Z",`
		version = `"verb":"get","requestURI":"/version",`
	)
	for name, tc := range map[string]struct {
		log    string
		calls  int
		denied []string
	}{
		"nothing":                         {},
		"what is allowed":                 {start + pod + `"responseStatus":{"code":201},` + allowed, 1, nil},
		"what a quota refuses is allowed": {start + pod + `"responseStatus":{"code":403,"reason":"Forbidden"},` + allowed, 1, nil},
		"what is refused": {
			start + pod + allowed + start + pod + refused + start + status + refused + start + list + refused + start + version + refused, 5,
			[]string{
				"manager: create pods in namespace users",
				"manager: patch sandboxes.agents.x-k8s.io/status in namespace users",
				"manager: list secrets",
				"manager: get /version",
			},
		},
		"what was refused before":      {before + pod + refused + start + pod + allowed, 1, nil},
		"a line that is not whole yet": {start + pod + refused + start, 1, []string{"manager: create pods in namespace users"}},
	} {
		t.Run(name, func(t *testing.T) {
			calls, denied, err := denials(strings.NewReader(tc.log), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.denied, denied); calls != tc.calls || diff != "" {
				t.Errorf("%d calls, want %d (-want +got):\n%s", calls, tc.calls, diff)
			}
		})
	}
}

func TestDenialsOfWhatIsNoLog(t *testing.T) {
	if _, _, err := denials(strings.NewReader("no event\n"), time.Time{}); err == nil {
		t.Error("no error")
	}
}
