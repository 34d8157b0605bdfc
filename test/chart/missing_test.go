package chart

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// advice is part of the message for a missing value. Users see the message on an upgrade.
const advice = "--reset-then-reuse-values"

// ofKubernetes are maps whose entries are not the chart's own values. Any of them may be missing.
var ofKubernetes = []string{"resources", "podSecurityContext", "containerSecurityContext", "nodeSelector", "metrics.grafanaDashboard.labels"}

// A value can be missing: it is null, or an upgrade reuses the values of a chart that did not have it yet. Missing maps and
// lists are empty. For any other missing value the message says which it is, and what to do.
func TestMissingValues(t *testing.T) {
	t.Parallel()
	var values object
	read(t, "values.yaml", &values)
	eachValue(values, "", func(path string, value any) {
		t.Run(path, func(t *testing.T) {
			_, problems, err := helm(t, "template", release, chartFolder, "--namespace", namespace, "--set", path+"=null")
			if mayBeMissing(path, value) {
				if err != nil {
					t.Errorf("it cannot be empty: %s", problems)
				}
				return
			}
			if err == nil || !strings.Contains(problems, path) || !strings.Contains(problems, advice) {
				t.Errorf("the chart says %q, err %v", problems, err)
			}
		})
	})
}

// A user who removes a map of Kubernetes' own gets none, and not the default.
func TestNothingTakesThePlaceOfNull(t *testing.T) {
	deployment := named(render(t, "podSecurityContext=null", "containerSecurityContext=null", "resources=null", "nodeSelector=null"), "Deployment", "namesake")
	pod := at(deployment, "spec", "template", "spec")
	for _, got := range []any{
		at(pod, "securityContext"), at(pod, "nodeSelector"), at(pod, "containers", 0, "securityContext"), at(pod, "containers", 0, "resources"),
	} {
		if got != nil {
			t.Errorf("there is %v", got)
		}
	}
}

// mayBeMissing reports whether the chart works without a value.
func mayBeMissing(path string, value any) bool {
	for _, free := range ofKubernetes {
		if path == free || strings.HasPrefix(path, free+".") {
			return true
		}
	}
	switch value := value.(type) {
	case []any:
		return true
	case object:
		return len(value) == 0
	}
	return false
}

// eachValue calls f for every value, and for every map that contains values.
func eachValue(values object, path string, f func(path string, value any)) {
	for name, value := range values {
		name = strings.ReplaceAll(name, ".", `\.`) // As --set takes it.
		f(path+name, value)
		if below, isMap := value.(object); isMap {
			eachValue(below, path+name+".", f)
		}
	}
}

func TestUpgradeFromAChartWithLessValues(t *testing.T) {
	t.Parallel()
	cluster := newInstallation(t)
	cluster.helm(t, "install", release, olderChart(t), "--set", "replicaCount=3")

	_, problems, err := helmIn(t, cluster.kubeconfig, "upgrade", release, chartFolder, "--namespace", namespace, "--reuse-values")
	if err == nil || !strings.Contains(problems, "controller.logFormat has no value") || !strings.Contains(problems, advice) {
		t.Errorf("--reuse-values: %v, %s", err, problems)
	}
	cluster.helm(t, "upgrade", release, chartFolder, advice)
	manifest, problems, err := helmIn(t, cluster.kubeconfig, "get", "manifest", release, "--namespace", namespace)
	if err != nil {
		t.Fatalf("%v\n%s", err, problems)
	}
	deployment := named(parse(t, manifest), "Deployment", "namesake")
	if got := at(deployment, "spec", "replicas"); got != 3.0 {
		t.Errorf("the upgrade loses the user's values: there are %v replicas", got)
	}
}

// olderChart returns a copy of the chart that does not know controller.logFormat yet.
func olderChart(t *testing.T) string {
	t.Helper()
	older := filepath.Join(t.TempDir(), "namesake")
	if err := os.CopyFS(older, os.DirFS(chartFolder)); err != nil {
		t.Fatal(err)
	}
	for file, line := range map[string]string{"values.yaml": "  logFormat: json\n", "templates/_required.tpl": "controller.logFormat\n"} {
		path := filepath.Join(older, file)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Count(content, []byte(line)) != 1 {
			t.Fatalf("%s does not have %q", file, line)
		}
		if err := os.WriteFile(path, bytes.Replace(content, []byte(line), nil, 1), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return older
}
