package chart

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const (
	release   = "namesake"
	namespace = "namesake-system"
)

var (
	repository  = filepath.Join("..", "..")
	chartFolder = filepath.Join(repository, "charts", "namesake")
)

// variants are the ways to install the chart that its README.md describes, with the values that make them.
var variants = map[string][]string{
	"defaults":             nil,
	"own certificate":      {"certManager.enabled=false", "webhook.tls.secretName=mine", "webhook.caBundle=-----BEGIN CERTIFICATE-----"},
	"own issuer":           {"certManager.issuerRef.name=mine", "certManager.issuerRef.kind=ClusterIssuer", "certManager.ca.duration=1h"},
	"short certificates":   {"certManager.ca.duration=48h", "certManager.ca.renewBefore=24h", "certManager.certificate.duration=24h", "certManager.certificate.renewBefore=8h"},
	"network policy":       {"networkPolicy.enabled=true"},
	"narrow network":       {"networkPolicy.enabled=true", `networkPolicy.webhookFrom[0].ipBlock.cidr=10.0.0.0/8`, "networkPolicy.egress[0].ports[0].port=6443"},
	"monitors":             {"metrics.serviceMonitor.enabled=true", "metrics.serviceMonitor.scrapeTimeout=10s", "metrics.serviceMonitor.additionalLabels.release=prometheus", "metrics.prometheusRule.enabled=true", "metrics.prometheusRule.additionalGroups[0].name=mine", "metrics.grafanaDashboard.enabled=true"},
	"no metrics":           {"metrics.enabled=false"},
	"no CRDs":              {"crds.enabled=false"},
	"CRDs that go":         {"crds.keep=false"},
	"manager elsewhere":    {"webhook.url.host=localhost:9443", "replicaCount=0"},
	"manager at an IP":     {"webhook.url.host=10.0.0.1:9443", "replicaCount=0"},
	"its own certificate":  {"webhook.url.host=admission.example.com", "replicaCount=0", "certManager.enabled=false", "webhook.caBundle=-----BEGIN CERTIFICATE-----"},
	"manager at an IPv6":   {"webhook.url.host=[fd00::1]:9443", "replicaCount=0"},
	"own account":          {"serviceAccount.create=false", "serviceAccount.name=mine", "rbac.aggregate=false"},
	"no roles":             {"rbac.create=false"},
	"no flow control":      {"flowControl.enabled=false"},
	"no webhooks":          {"webhooks.enabled=false"},
	"no policies":          {"policies.enabled=false"},
	"own priority":         {"priorityClassName=system-cluster-critical"},
	"image by digest":      {"image.registry=registry.example:5000", "image.digest=sha256:" + strings.Repeat("0", 64)},
	"labels":               {"commonLabels.team=a", "commonLabels.note=a", "podLabels.team=b", "podLabels.note=", "podLabels.tier=b", "podAnnotations.note=c"},
	"labels of monitors":   {"commonLabels.release=a", "metrics.serviceMonitor.enabled=true", "metrics.serviceMonitor.additionalLabels.release=b", "metrics.prometheusRule.enabled=true", "metrics.prometheusRule.additionalLabels.release=b", "metrics.grafanaDashboard.enabled=true", "metrics.grafanaDashboard.labels.release=b"},
	"placement":            {"tolerations[0].operator=Exists", "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key=pool", "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator=Exists", "topologySpreadConstraints[0].maxSkew=1", "topologySpreadConstraints[0].topologyKey=kubernetes.io/hostname", "topologySpreadConstraints[0].whenUnsatisfiable=DoNotSchedule", `topologySpreadConstraints[0].labelSelector.matchLabels.app\.kubernetes\.io/name=namesake`},
	"label domains":        {"controller.allowedLabelDomains={example.com,sandbox.users.io}"},
	"some namespaces":      {"controller.namespaces={team-a,team-b}"},
	"its own namespace":    {"controller.namespaces={namesake-system,team-a}"},
	"one namespace":        {"controller.namespaces={team-a}", "controller.watchNodes=false", "webhook.url.host=localhost:9443", "replicaCount=0"},
	"no nodes":             {"controller.watchNodes=false"},
	"nameservers":          {"controller.defaultNameservers={2001:4860:4860::8888,fd00::53,9.9.9.9}"},
	"taints of nodes":      {"controller.nodeDisruptionTaints={example.com/draining,example.org/*,draining}"},
	"nodes' network":       {"hostNetwork=true", "probes.port=18081", "webhook.port=19443", "metrics.port=18080"},
	"another DNS":          {"hostNetwork=true", "dnsPolicy=Default"},
	"patient":              {"webhook.timeoutSeconds=30", "probes.liveness.timeoutSeconds=5", "probes.readiness.failureThreshold=3", "revisionHistoryLimit=0"},
	"more volumes":         {"extraVolumes[0].name=ca", "extraVolumes[0].configMap.name=collector", "extraVolumeMounts[0].name=ca", "extraVolumeMounts[0].mountPath=/etc/collector", "controller.allowedLabelDomains={example.com}"},
	"callers":              {"webhook.clientCA.configMapName=callers", "webhook.clientCA.names={kube-apiserver,also.kube-apiserver}"},
	"callers by a Secret":  {"webhook.clientCA.secretName=callers", "webhook.clientCA.key=tls.crt"},
	"zeros":                {"controller.leaderElect=false", "controller.enableWarmPoolEviction=false", "controller.sandboxWarmPoolReplenishDelay=0h", "controller.sandboxWarmPoolMaxRefillRate=0", "metrics.enabled=false"},
	"traces":               {"controller.extraArgs[0]=--enable-tracing", "controller.env[0].name=OTEL_EXPORTER_OTLP_ENDPOINT", "controller.env[0].value=http://collector.tracing:4317"},
	"slow election":        {"controller.leaderElectionLeaseDuration=15s", "controller.leaderElectionRenewDeadline=10s", "controller.leaderElectionRetryPeriod=2s"},
	"fast election":        {"controller.leaderElectionLeaseDuration=1s", "controller.leaderElectionRenewDeadline=900ms", "controller.leaderElectionRetryPeriod=749ms"},
	"one without election": {"replicaCount=1", "controller.leaderElect=false", "podDisruptionBudget.enabled=false", "imagePullSecrets[0].name=a", "controller.extraArgs[0]=--zap-stacktrace-level=error", "controller.extraArgs[1]=--router-labels=app=router"},
}

// helm runs the helm that HELM names, without the user's own settings and without a cluster.
func helm(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	return helmIn(t, os.DevNull, args...)
}

// helmIn runs helm in the cluster of a kubeconfig.
func helmIn(t *testing.T, kubeconfig string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	program := os.Getenv("HELM")
	if program == "" {
		t.Fatal("HELM is not set: it names the program, which `go -C test/cluster run . helm` builds and prints")
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home, "KUBECONFIG="+kubeconfig)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err = cmd.Run()
	return out.String(), problems.String(), err
}

// object is any Kubernetes object.
type object = map[string]any

// render returns the objects of the chart with these values.
func render(t *testing.T, values ...string) []object {
	t.Helper()
	args := []string{"template", release, chartFolder, "--namespace", namespace}
	for _, value := range values {
		args = append(args, "--set", value)
	}
	out, problems, err := helm(t, args...)
	if err != nil {
		t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, problems)
	}
	return parse(t, out)
}

// kustomize returns the objects of a kustomization in config.
func kustomize(t *testing.T, folder string) []object {
	t.Helper()
	kubectl := filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl")
	out, err := exec.CommandContext(t.Context(), kubectl, "kustomize", filepath.Join(repository, "config", folder)).Output()
	if err != nil {
		t.Fatalf("rendering config/%s: %v", folder, err)
	}
	return parse(t, string(out))
}

func parse(t *testing.T, stream string) []object {
	t.Helper()
	var objects []object
	for document := range strings.SplitSeq("\n"+stream, "\n---") {
		var o object
		if err := yaml.UnmarshalStrict([]byte(document), &o); err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		if len(o) > 0 {
			objects = append(objects, o)
		}
	}
	return objects
}

// at returns the part of o at a path of keys and indexes, or nil.
func at(o any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			fields, _ := o.(object)
			o = fields[step]
		case int:
			items, _ := o.([]any)
			if step >= len(items) {
				return nil
			}
			o = items[step]
		}
	}
	return o
}

// named returns the object of that kind and name, or nil.
func named(objects []object, kind, name string) object {
	for _, o := range objects {
		if o["kind"] == kind && at(o, "metadata", "name") == name {
			return o
		}
	}
	return nil
}
