package chart

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is refused into testdata")

// mistakes are values that people get wrong; testdata/refusals.txt has what they read then.
var mistakes = []string{
	"replicas=3",
	"replicaCount=two",
	"replicaCount=0",
	"replicaCount=-1",
	"image.tagg=1.0.0",
	"image.tag=not a tag",
	"image.digest=0123456789",
	"image.pullPolicy=always",
	"imagePullSecrets=mine",
	"imagePullSecrets[0]=mine",
	"crd.enabled=false",
	"crds.install=true",
	"crds.enabled=yes",
	"controller.kubeApiQps=0",
	"controller.kubeApiQPS=10",
	"controller.sandboxConcurrentWorkers=0",
	"controller.allowedLabelDomains=example.com",
	"controller.allowedLabelDomains[0]=*.example.com",
	"controller.logLevel=verbose",
	"controller.extraArgs[0]=zap-devel",
	"controller.extraArgs[0]=--controller-user=me",
	"controller.extraArgs[0]=--allowed-label-domains-file=/domains",
	"webhook.port=8081",
	"metrics.port=9443",
	"webhook.port=443",
	"webhook.url.host=https://localhost",
	"webhook.caBundle=LS0tLS1CRUdJTg==",
	"webhook.tls.secretName=mine",
	"certmanager.enabled=false",
	"certManager.enabled=false",
	"certManager.enabled=false,webhook.tls.secretName=mine",
	"certManager.enabled=false,webhook.tls.secretName=mine,webhook.caBundle=LS0tLS1CRUdJTg==",
	"certManager.certificate.duration=90d",
	"certManager.issuerRef.kind=ClusterIssuer",
	"serviceAccount.create=false",
	"resources.limit.memory=1Gi",
	"podDisruptionBudget.maxUnavailable=0",
	"podDisruptionBudget.minAvailable=1",
	"nodeSelector.gpu=true",
	"affinity.nodeAfinity.a=b",
	"networkPolicy.enable=true",
	"metrics.port=80",
	"metrics.serviceMonitor.interval=30",
	"metrics.enabled=false,metrics.serviceMonitor.enabled=true",
}

// position is where in a template a message was raised, which tells users nothing.
var position = regexp.MustCompile(`\(namesake/templates/[a-z]+\.yaml:\d+:\d+\)`)

func TestRefusals(t *testing.T) {
	var got strings.Builder
	for _, values := range mistakes {
		_, problems, err := helm(t, "template", release, chartFolder, "--namespace", namespace, "--set", values)
		if err == nil {
			t.Errorf("%s is accepted", values)
		}
		problems = strings.ReplaceAll(problems, "\n\nUse --debug flag to render out invalid YAML", "")
		got.WriteString("--set " + values + "\n" + position.ReplaceAllString(strings.TrimSpace(problems), "(...)") + "\n\n")
	}
	path := filepath.Join("testdata", "refusals.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("-want +got (-update writes it):\n%s", diff)
	}
}
