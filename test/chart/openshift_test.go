package chart

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// restrictedV2 returns what OpenShift's SecurityContextConstraint restricted-v2 would refuse a Pod for. The constraint chooses the
// user, the groups and the SELinux level itself, out of the namespace's ranges, and takes no Pod that names any outside of them.
func restrictedV2(spec object) []string {
	var refused []string
	for _, field := range []string{"runAsUser", "runAsGroup", "fsGroup", "supplementalGroups", "seLinuxOptions"} {
		if at(spec, "securityContext", field) != nil {
			refused = append(refused, "spec.securityContext."+field)
		}
	}
	for _, field := range []string{"hostNetwork", "hostPID", "hostIPC"} {
		if isTrue(at(spec, field)) {
			refused = append(refused, "spec."+field)
		}
	}
	volumes, _ := spec["volumes"].([]any)
	for i, volume := range volumes {
		if at(volume, "hostPath") != nil {
			refused = append(refused, fmt.Sprintf("spec.volumes[%d].hostPath", i))
		}
	}
	containers, _ := spec["containers"].([]any)
	for _, container := range containers {
		name := fmt.Sprintf("spec.containers[%v].", at(container, "name"))
		for _, field := range []string{"runAsUser", "runAsGroup", "seLinuxOptions", "privileged"} {
			if value := at(container, "securityContext", field); value != nil && !isFalse(value) {
				refused = append(refused, name+"securityContext."+field)
			}
		}
		if !isFalse(at(container, "securityContext", "allowPrivilegeEscalation")) {
			refused = append(refused, name+"securityContext.allowPrivilegeEscalation")
		}
		if !cmp.Equal(at(container, "securityContext", "capabilities", "drop"), any([]any{"ALL"})) {
			refused = append(refused, name+"securityContext.capabilities")
		}
		if kind := at(spec, "securityContext", "seccompProfile", "type"); kind != "RuntimeDefault" {
			refused = append(refused, name+"seccompProfile")
		}
	}
	return refused
}

func isTrue(value any) bool {
	is, ok := value.(bool)
	return ok && is
}

func isFalse(value any) bool {
	is, ok := value.(bool)
	return ok && !is
}

// The managers' Pods, and that of "helm test", run under restricted-v2 unless values say otherwise.
func TestRestrictedV2(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values, want []string
	}{
		"defaults":       {},
		"more volumes":   {values: variants["more volumes"]},
		"the sample":     {values: []string{}},
		"a fixed user":   {[]string{"podSecurityContext.runAsUser=65532"}, []string{"spec.securityContext.runAsUser"}},
		"a fixed group":  {[]string{"podSecurityContext.fsGroup=65532"}, []string{"spec.securityContext.fsGroup"}},
		"no profile":     {[]string{"podSecurityContext.seccompProfile=null"}, []string{"spec.containers[*].seccompProfile"}},
		"nodes' network": {variants["nodes' network"], []string{"spec.hostNetwork"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := render(t, c.values...)
			if name == "the sample" {
				objects = renderSample(t)
			}
			for _, pod := range []struct {
				kind, name, container string
				path                  []any
			}{
				{"Deployment", "namesake", "manager", []any{"spec", "template", "spec"}}, {"Pod", "namesake-test", "check", []any{"spec"}},
			} {
				if pod.kind == "Pod" && name == "nodes' network" {
					continue // It has no need of the nodes' network.
				}
				spec, _ := at(named(objects, pod.kind, pod.name), pod.path...).(object)
				var want []string
				for _, field := range c.want {
					want = append(want, regexp.MustCompile(`\*`).ReplaceAllString(field, pod.container))
				}
				if diff := cmp.Diff(want, restrictedV2(spec)); diff != "" || spec == nil {
					t.Errorf("what %s %s is refused for (-want +got):\n%s", pod.kind, pod.name, diff)
				}
			}
		})
	}
}

var sampleValues = regexp.MustCompile("(?s)```yaml\n(# openshift.yaml\n.*?)```")

// renderSample returns the objects of the chart with the values that docs/openshift.md shows, which the API server takes.
func renderSample(t *testing.T) []object {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(repository, "docs", "openshift.md"))
	if err != nil {
		t.Fatal(err)
	}
	sample := sampleValues.FindSubmatch(page)
	if sample == nil {
		t.Fatal("docs/openshift.md shows no openshift.yaml")
	}
	file := filepath.Join(t.TempDir(), "openshift.yaml")
	if err := os.WriteFile(file, sample[1], 0o600); err != nil {
		t.Fatal(err)
	}
	out, problems, err := helm(t, "template", release, chartFolder, "--namespace", namespace, "--values", file)
	if err != nil {
		t.Fatalf("%v\n%s", err, problems)
	}
	return parse(t, out)
}

// The values of docs/openshift.md make objects that an API server takes.
func TestTheSampleForOpenShift(t *testing.T) {
	objects := renderSample(t)
	dryRun(t, objects)
	if named(objects, "ServiceMonitor", "namesake") == nil {
		t.Error("there is no ServiceMonitor")
	}
}
