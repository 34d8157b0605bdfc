package docs

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// rows returns the first two cells of each table row in a section of docs/migrating.md, by each quoted word of the first cell.
func rows(t *testing.T, section string) map[string]string {
	t.Helper()
	_, text, _ := strings.Cut(read(t, "docs/migrating.md"), "\n## "+section+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	said := map[string]string{}
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			continue
		}
		for _, word := range quoted.FindAllStringSubmatch(cells[1], -1) {
			said[word[1]] = strings.TrimSpace(cells[2])
		}
	}
	return said
}

// formerValues are the values of agent-sandbox's chart.
var formerValues = []string{
	"namespace.create", "namespace.name", "image.repository", "image.tag", "image.pullPolicy", "imagePullSecrets", "replicaCount",
	"podAnnotations", "podLabels", "controller.clusterDomain", "controller.leaderElect", "controller.leaderElectionNamespace",
	"controller.extensions", "controller.enableTracing", "controller.enablePprof", "controller.enablePprofDebug",
	"controller.pprofBlockProfileRate", "controller.pprofMutexProfileFraction", "controller.kubeApiQps", "controller.kubeApiBurst",
	"controller.sandboxConcurrentWorkers", "controller.sandboxClaimConcurrentWorkers", "controller.sandboxWarmPoolConcurrentWorkers",
	"controller.sandboxTemplateConcurrentWorkers", "controller.sandboxWarmPoolMaxBatchSize",
	"controller.sandboxWarmPoolReadinessGracePeriod", "controller.sandboxWarmPoolUnschedulableRecheckInterval",
	"controller.enableWarmPoolEviction", "controller.extraArgs", "resources", "nodeSelector", "tolerations", "affinity",
	"podSecurityContext", "containerSecurityContext", "webhookServiceName", "service.name", "metrics.serviceMonitor.enabled",
	"metrics.serviceMonitor.additionalLabels", "metrics.serviceMonitor.interval", "metrics.serviceMonitor.scrapeTimeout",
	"metrics.prometheusRule.enabled", "metrics.prometheusRule.additionalLabels", "metrics.prometheusRule.additionalGroups",
}

// docs/migrating.md says of each value of agent-sandbox's chart whether Namesake's chart has it, and that is true.
func TestValuesOfMigrating(t *testing.T) {
	var values map[string]any
	if err := yaml.Unmarshal([]byte(read(t, "charts/namesake/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	said := rows(t, "Values of the chart")
	for _, name := range formerValues {
		here, ok := said[name]
		if same := strings.HasPrefix(here, "the same"); !ok || same != hasValue(values, name) {
			t.Errorf("docs/migrating.md says of the value %s: %q; the chart has it: %t", name, here, hasValue(values, name))
		}
	}
	for name := range said {
		if !slices.Contains(formerValues, name) {
			t.Errorf("docs/migrating.md has the value %s, which agent-sandbox's chart does not have", name)
		}
	}
}

func hasValue(values map[string]any, path string) bool {
	name, rest, deeper := strings.Cut(path, ".")
	value, has := values[name]
	if !has || !deeper {
		return has
	}
	fields, ok := value.(map[string]any)
	return ok && hasValue(fields, rest)
}

// formerKeys are the labels and annotations that agent-sandbox writes or reads, without agents.x-k8s.io/.
var formerKeys = []string{
	"sandbox-name-hash", "warm-pool-sandbox", "sandbox-template-ref-hash", "sandbox-template-hash", "sandbox-pod-template-hash",
	"launch-type", "created-by", "claim-uid", "adoptable", "sandbox-name", "pod-name", "sandbox-template-ref", "propagated-labels",
	"propagated-annotations", "controller-first-observed-at", "claim-first-ready-at", "client-first-requested-at",
	"webhook-first-observed-at", "creation-latency-recorded", "opentelemetry.io/trace-context",
	"cluster-autoscaler.kubernetes.io/safe-to-evict",
}

// docs/migrating.md lists each label and annotation of agent-sandbox, and each of Namesake's.
func TestKeysOfMigrating(t *testing.T) {
	said := rows(t, "Labels and annotations")
	for _, key := range formerKeys {
		if said[key] == "" || strings.HasPrefix(said[key], "new") {
			t.Errorf("docs/migrating.md says of the key %s of agent-sandbox: %q", key, said[key])
		}
	}
	for name, key := range constants(t, "Label", "Annotation") {
		if _, ok := said[key]; !ok {
			t.Errorf("docs/migrating.md does not have %s, which is %s", key, name)
		}
	}
}
