package api

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What counts as a write, and what does not.
func TestCounters(t *testing.T) {
	const text = `# HELP apiserver_request_total [STABLE] Counter of apiserver requests.
apiserver_request_total{code="201",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="POST",version="v1"} 7
apiserver_request_total{code="409",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="POST",version="v1"} 2
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="status",verb="PATCH",version="v1"} 5
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="cluster",subresource="",verb="LIST",version="v1"} 11
apiserver_request_total{code="201",component="apiserver",dry_run="All",group="",resource="pods",scope="resource",subresource="",verb="POST",version="v1"} 13
apiserver_request_total{code="201",component="apiserver",dry_run="",group="events.k8s.io",resource="events",scope="resource",subresource="",verb="POST",version="v1"} 17
apiserver_request_total{code="200",component="apiserver",dry_run="",group="coordination.k8s.io",resource="leases",scope="resource",subresource="",verb="PUT",version="v1"} 19
apiserver_request_total{code="201",component="apiserver",dry_run="",group="authorization.k8s.io",resource="subjectaccessreviews",scope="resource",subresource="",verb="POST",version="v1"} 23
apiserver_request_total{code="0",component="apiserver",dry_run="",group="",resource="",scope="",subresource="/metrics",verb="POST",version=""} 29
apiserver_admission_webhook_admission_duration_seconds_count{name="claim.example.com",operation="CREATE",rejected="false",type="admit"} 3
apiserver_admission_webhook_admission_duration_seconds_sum{name="claim.example.com",operation="CREATE",rejected="false",type="admit"} 0.5
apiserver_validating_admission_policy_check_total{enforcement_action="allow",policy="p"} 31
`
	got, err := parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := Counters{
		Writes: map[string]float64{"POST pods": 9, "PATCH pods/status": 5},
		Calls:  map[string]float64{"claim.example.com CREATE": 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	before := Counters{Writes: map[string]float64{"POST pods": 9, "PATCH pods/status": 1}}
	if diff := cmp.Diff(map[string]float64{"PATCH pods/status": 4}, got.Since(before).Writes); diff != "" {
		t.Errorf("what was counted since: %s", diff)
	}
	if sum := Sum(got.Writes); sum != 14 {
		t.Errorf("Sum = %v, want 14", sum)
	}
}

func TestEvents(t *testing.T) {
	const stream = `{"type":"ADDED","object":{"kind":"SandboxClaim","metadata":{"name":"a","uid":"1"},"spec":{"warmPoolRef":{"name":"p"}}}}
{"type":"MODIFIED","object":{"metadata":{"name":"a","uid":"1"},"status":{"sandbox":{"name":"s"},"conditions":[{"type":"Finished","status":"True"},{"type":"Ready","status":"True"}]}}}
{"type":"ERROR","object":{"code":410}}
`
	now := time.Unix(1, 0)
	var got []Event
	err := events(strings.NewReader(stream), func() time.Time { return now }, func(e Event) { got = append(got, e) })
	if err == nil || !strings.Contains(err.Error(), "410") {
		t.Errorf("the watch ended with %v", err)
	}
	if len(got) != 2 || got[0].Type != "ADDED" || got[0].Object.Ready() || !got[1].Object.Ready() || got[1].Object.Status.Sandbox.Name != "s" || !got[1].At.Equal(now) {
		t.Errorf("events: %+v", got)
	}
}

func TestObject(t *testing.T) {
	sandbox := Object{Metadata: Metadata{Name: "a", OwnerReferences: []Owner{{Kind: "Other", UID: "1"}, {Kind: "SandboxWarmPool", UID: "2", Controller: true}}}}
	if got := sandbox.Controller(); got.UID != "2" {
		t.Errorf("Controller = %+v", got)
	}
	if got := Claims.In("ns", "c"); got != "/apis/extensions.agents.x-k8s.io/v1beta1/namespaces/ns/sandboxclaims/c" {
		t.Errorf("In = %q", got)
	}
}
