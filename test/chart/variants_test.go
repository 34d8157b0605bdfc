package chart

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLint(t *testing.T) {
	t.Parallel()
	for name, values := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := []string{"lint", "--strict", chartFolder}
			for _, value := range values {
				args = append(args, "--set", value)
			}
			if out, problems, err := helm(t, args...); err != nil {
				t.Errorf("%v\n%s%s", err, out, problems)
			}
		})
	}
}

// This checks what a variant changes, and that the API server accepts it.
func TestVariants(t *testing.T) {
	t.Parallel()
	type want struct {
		variant, kind, name string
		path                []any
		value               any
	}
	const missing = "(no such object)"
	for _, c := range []want{
		{"defaults", "Deployment", "namesake", []any{"spec", "replicas"}, float64(2)},
		{"defaults", "MutatingWebhookConfiguration", "namesake", []any{"webhooks", 0, "clientConfig", "caBundle"}, nil},
		{"defaults", "MutatingWebhookConfiguration", "namesake", []any{"metadata", "annotations", "cert-manager.io/inject-ca-from"}, "namesake-system/namesake-webhook"},
		{"defaults", "CustomResourceDefinition", "sandboxes.agents.x-k8s.io", []any{"metadata", "annotations", "helm.sh/resource-policy"}, "keep"},
		{"defaults", "NetworkPolicy", "namesake", nil, missing},
		{"defaults", "Deployment", "namesake", []any{"spec", "template", "spec", "hostNetwork"}, nil},
		{"defaults", "Deployment", "namesake", []any{"spec", "template", "spec", "dnsPolicy"}, nil},
		{"nodes' network", "Deployment", "namesake", []any{"spec", "template", "spec", "hostNetwork"}, true},
		{"nodes' network", "Deployment", "namesake", []any{"spec", "template", "spec", "dnsPolicy"}, "ClusterFirstWithHostNet"},
		{"nodes' network", "Deployment", "namesake", []any{"spec", "strategy", "rollingUpdate"}, object{"maxSurge": float64(0), "maxUnavailable": float64(1)}},
		{"nodes' network", "Deployment", "namesake", []any{"spec", "template", "spec", "containers", 0, "ports"}, []any{
			object{"name": "webhook", "containerPort": float64(19443)}, object{"name": "health", "containerPort": float64(18081)},
			object{"name": "metrics", "containerPort": float64(18080)},
		}},
		{"another DNS", "Deployment", "namesake", []any{"spec", "template", "spec", "dnsPolicy"}, "Default"},
		{"patient", "ValidatingWebhookConfiguration", "namesake", []any{"webhooks", 0, "timeoutSeconds"}, float64(30)},
		{"patient", "MutatingWebhookConfiguration", "namesake", []any{"webhooks", 0, "timeoutSeconds"}, float64(30)},
		{"patient", "Deployment", "namesake", []any{"spec", "template", "spec", "containers", 0, "livenessProbe", "timeoutSeconds"}, float64(5)},
		{"patient", "Deployment", "namesake", []any{"spec", "template", "spec", "containers", 0, "livenessProbe", "periodSeconds"}, float64(10)},
		{"patient", "Deployment", "namesake", []any{"spec", "template", "spec", "containers", 0, "readinessProbe", "failureThreshold"}, float64(3)},
		{"patient", "Deployment", "namesake", []any{"spec", "revisionHistoryLimit"}, float64(0)},
		{"more volumes", "Deployment", "namesake", []any{"spec", "template", "spec", "volumes", 2}, object{"name": "ca", "configMap": object{"name": "collector"}}},
		{"more volumes", "Deployment", "namesake", []any{"spec", "template", "spec", "containers", 0, "volumeMounts", 2}, object{"name": "ca", "mountPath": "/etc/collector"}},
		{"own certificate", "Certificate", "namesake-webhook", nil, missing},
		{"own certificate", "Issuer", "namesake-ca", nil, missing},
		{"own certificate", "ValidatingWebhookConfiguration", "namesake", []any{"metadata", "annotations"}, nil},
		{"own certificate", "ValidatingWebhookConfiguration", "namesake", []any{"webhooks", 0, "clientConfig", "caBundle"}, "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"},
		{"own certificate", "Deployment", "namesake", []any{"spec", "template", "spec", "volumes", 0, "secret", "secretName"}, "mine"},
		{"own issuer", "Issuer", "namesake-ca", nil, missing},
		{"own issuer", "Certificate", "namesake-webhook", []any{"spec", "issuerRef"}, object{"name": "mine", "kind": "ClusterIssuer"}},
		{"network policy", "NetworkPolicy", "namesake", []any{"spec", "policyTypes"}, []any{"Ingress"}},
		{"narrow network", "NetworkPolicy", "namesake", []any{"spec", "policyTypes"}, []any{"Ingress", "Egress"}},
		{"no metrics", "Service", "namesake-metrics", nil, missing},
		{"no CRDs", "CustomResourceDefinition", "sandboxes.agents.x-k8s.io", nil, missing},
		{"CRDs that go", "CustomResourceDefinition", "sandboxes.agents.x-k8s.io", []any{"metadata", "annotations", "helm.sh/resource-policy"}, nil},
		{"manager elsewhere", "MutatingWebhookConfiguration", "namesake", []any{"webhooks", 0, "clientConfig"}, object{"url": "https://localhost:9443/mutate-pod"}},
		{"manager elsewhere", "Certificate", "namesake-webhook", []any{"spec", "dnsNames", 2}, "localhost"},
		{"manager at an IP", "Certificate", "namesake-webhook", []any{"spec", "ipAddresses"}, []any{"10.0.0.1"}},
		{"manager at an IPv6", "Certificate", "namesake-webhook", []any{"spec", "ipAddresses"}, []any{"fd00::1"}},
		{"own account", "ServiceAccount", "mine", nil, missing},
		{"own account", "ClusterRole", "namesake-edit", nil, missing},
		{"own account", "ClusterRoleBinding", "namesake", []any{"subjects", 0, "name"}, "mine"},
		{"own account", "Deployment", "namesake", []any{"spec", "template", "spec", "containers", 0, "args", 0}, "--controller-user=system:serviceaccount:namesake-system:mine"},
		{"no roles", "ClusterRole", "namesake", nil, missing},
		{"own priority", "PriorityClass", "namesake", nil, missing},
		{"no flow control", "FlowSchema", "namesake-claims", nil, missing},
		{"no flow control", "PriorityLevelConfiguration", "namesake-claims", nil, missing},
		{"no webhooks", "MutatingWebhookConfiguration", "namesake", nil, missing},
		{"no webhooks", "ValidatingWebhookConfiguration", "namesake", nil, missing},
		{"no webhooks", "Certificate", "namesake-webhook", nil, missing},
		{"no webhooks", "Issuer", "namesake-ca", nil, missing},
		{"no webhooks", "Service", "namesake-webhook", nil, missing},
		{"no webhooks", "Deployment", "namesake", []any{"spec", "template", "spec", "volumes"}, nil},
		{"no webhooks", "Deployment", "namesake", []any{"spec", "template", "spec", "containers", 0, "volumeMounts"}, nil},
		{"no webhooks", "ValidatingAdmissionPolicyBinding", "claims-alone.namesake.agents.x-k8s.io", []any{"spec", "policyName"}, "claims-alone.namesake.agents.x-k8s.io"},
		{"defaults", "ValidatingAdmissionPolicyBinding", "claims-alone.namesake.agents.x-k8s.io", nil, missing},
		{"defaults", "ValidatingAdmissionPolicyBinding", "claims.namesake.agents.x-k8s.io", []any{"spec", "matchResources"}, nil},
		{"some namespaces", "ValidatingAdmissionPolicyBinding", "claims.namesake-namesake-system.agents.x-k8s.io", []any{"spec", "matchResources", "namespaceSelector", "matchExpressions", 0, "values"}, []any{"team-a", "team-b", "namesake-system"}},
		{"own account", "ValidatingAdmissionPolicy", "claims.namesake.agents.x-k8s.io", []any{"spec", "variables", 0, "expression"}, "request.userInfo.username == 'system:serviceaccount:namesake-system:mine'"},
		{"no policies", "ValidatingAdmissionPolicy", "claims.namesake.agents.x-k8s.io", nil, missing},
		{"own account", "FlowSchema", "namesake-claims", []any{"spec", "rules", 0, "subjects", 0, "serviceAccount", "name"}, "mine"},
		{"image by digest", "Deployment", "namesake", []any{"spec", "template", "spec", "containers", 0, "image"}, "registry.example:5000/namesake@sha256:" + strings.Repeat("0", 64)},
		{"labels", "Deployment", "namesake", []any{"metadata", "labels", "team"}, "a"},
		{"labels", "Deployment", "namesake", []any{"spec", "template", "metadata", "labels", "team"}, "b"},
		{"labels", "Deployment", "namesake", []any{"spec", "template", "metadata", "labels", "note"}, ""},
		{"labels", "Deployment", "namesake", []any{"spec", "selector", "matchLabels"}, object{"app.kubernetes.io/name": "namesake", "app.kubernetes.io/instance": "namesake"}},
		{"labels", "Pod", "namesake-test", []any{"metadata", "labels", "team"}, "a"},
		{"defaults", "Pod", "namesake-test", []any{"spec", "containers", 0, "resources", "limits"}, object{"memory": "512Mi"}},
		{"labels", "Pod", "namesake-test", []any{"metadata", "labels", "app.kubernetes.io/name"}, "namesake-test"},
		{"labels of monitors", "ServiceMonitor", "namesake", []any{"metadata", "labels", "release"}, "b"},
		{"labels of monitors", "PrometheusRule", "namesake", []any{"metadata", "labels", "release"}, "b"},
		{"labels of monitors", "ConfigMap", "namesake-dashboard", []any{"metadata", "labels", "release"}, "b"},
		{"labels of monitors", "Deployment", "namesake", []any{"metadata", "labels", "release"}, "a"},
		{"monitors", "ConfigMap", "namesake-dashboard", []any{"metadata", "labels", "grafana_dashboard"}, "1"},
		{"monitors", "PrometheusRule", "namesake", []any{"spec", "groups", 1, "name"}, "mine"},
	} {
		t.Run(fmt.Sprintf("%s: %s %s %v", c.variant, c.kind, c.name, c.path), func(t *testing.T) {
			t.Parallel()
			o := named(render(t, variants[c.variant]...), c.kind, c.name)
			var got any = missing
			if o != nil {
				got = at(o, c.path...)
			}
			if diff := cmp.Diff(c.value, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// The chart works with another namespace and release name: neither is hard-coded.
func TestTheNamespaceIsTheReleases(t *testing.T) {
	out, problems, err := helm(t, "template", "other", chartFolder, "--namespace", "elsewhere",
		"--set", "metrics.serviceMonitor.enabled=true,metrics.prometheusRule.enabled=true,metrics.grafanaDashboard.enabled=true,networkPolicy.enabled=true")
	if err != nil {
		t.Fatalf("%v\n%s", err, problems)
	}
	if strings.Contains(out, namespace) {
		t.Errorf("%s is written in it", namespace)
	}
	if !strings.Contains(out, `max by (namespace) (namesake_leader{namespace="elsewhere"})`) {
		t.Error("the alerts do not ask for the managers of this release")
	}
	clusterWide := []string{"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "FlowSchema", "MutatingWebhookConfiguration", "PriorityClass", "PriorityLevelConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"}
	for _, o := range parse(t, out) {
		kind, _ := o["kind"].(string)
		if !slices.Contains(clusterWide, kind) && at(o, "metadata", "namespace") != "elsewhere" {
			t.Errorf("%s %v is in namespace %v", kind, at(o, "metadata", "name"), at(o, "metadata", "namespace"))
		}
	}
}

// cert-manager alone makes certificates. A certificate in the chart would be known to everybody, and one that helm makes is
// never renewed.
func TestTheChartHoldsNoCertificate(t *testing.T) {
	forbidden := regexp.MustCompile(`genCA|genSelfSignedCert|genSignedCert|genPrivateKey|BEGIN [A-Z ]*PRIVATE KEY|LS0tLS1CRUdJTi`)
	err := filepath.WalkDir(chartFolder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if found := forbidden.Find(content); found != nil {
			t.Errorf("%s has %s", path, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNotesSayWhatIsNext(t *testing.T) {
	for name, want := range map[string]string{
		"defaults":            "helm test namesake --namespace namesake-system",
		"manager elsewhere":   "https://localhost:9443: run the manager there, with\nthe certificate out of the Secret namesake-webhook-tls, a kubeconfig",
		"its own certificate": "its certificate, a kubeconfig",
		"CRDs that go":        "WARNING",
		"no CRDs":             "SandboxClaim",
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"install", release, chartFolder, "--namespace", namespace, "--dry-run=client"}
			for _, value := range variants[name] {
				args = append(args, "--set", value)
			}
			out, problems, err := helm(t, args...)
			if err != nil {
				t.Fatalf("%v\n%s", err, problems)
			}
			_, notes, _ := strings.Cut(out, "NOTES:")
			if !strings.Contains(notes, want) {
				t.Errorf("they do not say %q:\n%s", want, notes)
			}
		})
	}
}
