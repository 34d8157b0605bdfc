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

// mistakes are wrong values that users may set. testdata/refusals.txt contains the messages that they read then.
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
	"controller.namespaces=team-a",
	"controller.namespaces[0]=",
	"controller.namespaces={team-a,team-b,team-a}",
	"controller.namespaces={Team,a_b,*}",
	"controller.extraArgs[0]=--namespaces=team-a",
	"controller.extraArgs[0]=--watch-nodes=false",
	"controller.defaultNameservers=9.9.9.9",
	"controller.defaultNameservers[0]=dns.google",
	"controller.defaultNameservers={1.0.0.1,1.0.0.2,1.0.0.3,1.0.0.4}",
	"controller.nodeDisruptionTaints=draining",
	"controller.nodeDisruptionTaints[0]=draining=true",
	"controller.nodeDisruptionTaints[0]=*",
	"controller.sandboxWarmPoolReadinessGracePeriod=0s",
	"controller.sandboxWarmPoolReadinessGracePeriod=",
	"controller.sandboxWarmPoolReadinessGracePeriod=0",
	"controller.sandboxWarmPoolUnschedulableRecheckInterval=0h0m",
	"controller.logLevel=verbose",
	"controller.leaderElectionLeaseDuration=3500ms",
	"controller.leaderElectionLeaseDuration=0s",
	"controller.leaderElectionRenewDeadline=3s",
	"controller.leaderElectionRenewDeadline=1m",
	"controller.leaderElectionRetryPeriod=1700ms",
	"controller.leaderElectionRetryPeriod=0ms",
	"controller.extraArgs[0]=--leader-election-retry-period=1s",
	"controller.extraArgs[0]=zap-devel",
	"controller.extraArgs[0]=--controller-user=me",
	"controller.extraArgs[0]=--allowed-label-domains-file=/domains",
	"controller.extraArgs[0]=--webhook-client-ca-file=/ca",
	"webhook.clientCA.configMapName=a,webhook.clientCA.secretName=b",
	"webhook.clientCA.names={kube-apiserver}",
	"webhook.clientCA.configMapName=a,webhook.clientCA.key=../ca",
	"webhook.port=8081",
	"probes.port=9443",
	"probes.port=81",
	"probes.liveness.timeoutSeconds=0",
	"probes.startup.timeoutSeconds=1",
	"webhook.timeoutSeconds=31",
	"webhook.timeoutSeconds=0",
	"revisionHistoryLimit=-1",
	"dnsPolicy=None",
	"dnsPolicy=ClusterFirstWithHostNet",
	"hostNetwork=true,networkPolicy.enabled=true",
	"extraVolumes[0].name=tls",
	"extraVolumes[0].emptyDir.medium=Memory",
	"extraVolumeMounts[0].name=ca",
	"metrics.port=9443",
	"webhook.port=443",
	"webhook.url.host=https://localhost,replicaCount=0",
	"webhook.url.host=admission.example.com/path,replicaCount=0",
	"webhook.url.host=Admission.example.com,replicaCount=0",
	"webhook.url.host=admission.example.com:65536,replicaCount=0",
	"webhook.url.host=admission.example.com:,replicaCount=0",
	"webhook.url.host=10.0.0.256,replicaCount=0",
	"webhook.url.host=fd00::1,replicaCount=0",
	"webhook.url.host=admission.example.com",
	"webhook.caBundle=LS0tLS1CRUdJTg==",
	"webhook.tls.secretName=mine",
	"certmanager.enabled=false",
	"certManager.enabled=false",
	"certManager.enabled=false,webhook.tls.secretName=mine",
	"certManager.enabled=false,webhook.tls.secretName=mine,webhook.caBundle=LS0tLS1CRUdJTg==",
	"certManager.certificate.duration=90d",
	"certManager.certificate.duration=99999999h",
	"certManager.certificate.duration=59m59s",
	"certManager.certificate.renewBefore=2160h",
	"certManager.certificate.renewBefore=129601m",
	"certManager.certificate.renewBefore=0s",
	"certManager.ca.duration=8760h",
	"certManager.ca.duration=1000h,certManager.ca.renewBefore=500h",
	"certManager.ca.renewBefore=2159h59m59s",
	"certManager.issuerRef.kind=ClusterIssuer",
	"serviceAccount.create=false",
	"serviceAccount.name=Mine",
	"webhook.tls.secretName=my secret",
	"resources.limit.memory=1Gi",
	"terminationGracePeriodSeconds=0",
	"podDisruptionBudget.maxUnavailable=0",
	"podDisruptionBudget.minAvailable=1",
	"nodeSelector.gpu=true",
	"affinity.nodeAfinity.a=b",
	"networkPolicy.enable=true",
	"metrics.port=80",
	"metrics.serviceMonitor.interval=30",
	"metrics.serviceMonitor.interval=0s",
	"metrics.serviceMonitor.scrapeTimeout=1m",
	"metrics.enabled=false,metrics.serviceMonitor.enabled=true",
	`commonLabels.app\.kubernetes\.io/name=mine`,
	`commonLabels.app\.kubernetes\.io/component=manager`,
	`commonLabels.rbac\.authorization\.k8s\.io/aggregate-to-edit=yes`,
	`podLabels.app\.kubernetes\.io/instance=mine`,
	"podLabels.team/a/b=c",
	"podLabels.team=a b",
	"podLabels.team=1",
	`metrics.serviceMonitor.additionalLabels.helm\.sh/chart=mine`,
	`podAnnotations.checksum/config=mine`,
}

// position is the place in a template where a message was raised, which tells users nothing.
var position = regexp.MustCompile(`\(namesake/templates/[a-z/]+\.yaml:\d+:\d+\)`)

func TestRefusals(t *testing.T) {
	t.Parallel()
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
