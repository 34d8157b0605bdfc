package main

import (
	"strings"
	"testing"
)

const before = `# HELP calls_seconds Calls.
# TYPE calls_seconds histogram
calls_seconds_sum{name="pod.mutate.namesake.agents.x-k8s.io",operation="CREATE",type="admit"} 0.5
calls_seconds_count{name="pod.mutate.namesake.agents.x-k8s.io",operation="CREATE",type="admit"} 10
other_total 1
`

const after = `calls_seconds_sum{name="pod.mutate.namesake.agents.x-k8s.io",operation="CREATE",rejected="false"} 0.25
calls_seconds_sum{name="pod.mutate.namesake.agents.x-k8s.io",operation="CREATE",type="admit"} 1.25
calls_seconds_count{name="pod.mutate.namesake.agents.x-k8s.io",operation="CREATE",rejected="false"} 30
calls_seconds_count{name="pod.mutate.namesake.agents.x-k8s.io",operation="CREATE",type="admit"} 30
calls_seconds_count{name="pod.mutate.namesake.agents.x-k8s.io",operation="UPDATE",type="admit"} 7
calls_seconds_count{name="probe.pod.mutate.namesake.agents.x-k8s.io",operation="CREATE",type="admit"} 7
`

func TestMetrics(t *testing.T) {
	counted := map[string]metrics{}
	for name, text := range map[string]string{"before": before, "after": after} {
		parsed, err := parse(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		counted[name] = parsed
	}
	since := counted["after"].since(counted["before"])
	if got := since.sum("calls_seconds_count", mutatePod); got != 50 {
		t.Errorf("%v calls, want 50", got)
	}
	if got := since.mean("calls_seconds", mutatePod); got != "20.00" {
		t.Errorf("a mean of %s ms, want 20.00", got)
	}
	if got := since.mean("calls_seconds", validatePod); got != "-" {
		t.Errorf("a mean of %s of nothing, want -", got)
	}
}

func TestMetricsThatAreNone(t *testing.T) {
	if _, err := parse(strings.NewReader("a b\n")); err == nil {
		t.Error("no error")
	}
}
