package why

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// checked holds what "check" says of an installation that is well, as an administrator and as a user.
func checked(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.expect(t, "check", 0, "leads", "check")
	w.kubeconfig = w.EditorKubeconfig()
	w.expect(t, "check_as_a_user", 0, "not seen", "check")
}

// conforms holds that an installation that is well does what clients rely on.
func conforms(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.expect(t, "conformance", 0, "32 checks: 32 hold", "conformance --timeout 30s")
}

// running makes a Sandbox that is Ready, before something breaks.
func (w *world) running(t *testing.T) {
	t.Helper()
	w.apply(t, sandbox("agent", ""))
	w.awaitSuccess(t, "wait sandbox agent --for=condition=Ready --timeout=60s")
}

// losesItsPod deletes the Pod of the Sandbox, which needs another one then. kwok ends it at once.
func (w *world) losesItsPod(t *testing.T) {
	t.Helper()
	w.kubectl(t, "delete pod agent --wait=true --timeout=60s")
}

// held makes a claim whose Sandbox a quota refuses, before something breaks.
func (w *world) held(t *testing.T) {
	t.Helper()
	w.apply(t, template("python", ""), quota("none", "count/sandboxes.agents.x-k8s.io", 0))
	w.awaitSuccess(t, `wait resourcequota none --for=jsonpath='{.status.hard.count/sandboxes\.agents\.x-k8s\.io}'=0 --timeout=60s`)
	w.apply(t, claimOf("agent", "python"))
	w.awaitSuccess(t, `wait sandboxclaim agent --for=jsonpath='{.status.conditions[?(@.type=="Ready")].reason}'=ReconcilerError --timeout=60s`)
}

// goesOn lets the controller try again at once what the quota refused.
func (w *world) goesOn(t *testing.T) {
	t.Helper()
	w.kubectl(t, "delete resourcequota none")
	w.kubectl(t, "label sandboxclaim agent example.com/again=yes")
}

// The certificate of the webhooks has expired, and nobody renewed it.
func certificateExpired(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.held(t)
	folder := filepath.Join(os.Getenv("NAMESAKE_CLUSTER_DIR"), "webhook")
	before := w.run(t, "kubectl get mutatingwebhookconfiguration,validatingwebhookconfiguration namesake -o json")
	good := map[string][]byte{}
	for _, name := range []string{"tls.crt", "tls.key"} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		good[name] = content
	}
	ca, expired := expiredCertificate(t, namesIn(t, good["tls.crt"]))
	t.Cleanup(func() {
		write(t, folder, good)
		w.restore(t, before)
		w.recovers(t)
	})
	write(t, folder, expired)
	w.trust(t, ca)
	await(t, "the certificate to be served", func() string {
		out, _ := w.shell(t, "", "kubectl namesake check --namespace "+w.namespace)
		if strings.Contains(out, "certificate has expired") {
			return ""
		}
		return out
	})
	w.goesOn(t)
	w.expect(t, "certificate_expired", 1, "In the way: the webhooks' certificate has expired", "why claim/agent")
	w.expect(t, "certificate_expired_check", 1, "the webhooks' certificate has expired", "check")
}

// namesIn returns the DNS names of a certificate.
func namesIn(t *testing.T, certificate []byte) []string {
	t.Helper()
	block, _ := pem.Decode(certificate)
	if block == nil {
		t.Fatal("no certificate")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.DNSNames
}

func write(t *testing.T, folder string, files map[string][]byte) {
	t.Helper()
	for _, name := range []string{"tls.key", "tls.crt"} {
		if err := os.WriteFile(filepath.Join(folder, name), files[name], 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// trust makes ca the authority of all webhooks.
func (w *world) trust(t *testing.T, ca []byte) {
	t.Helper()
	for _, kind := range []string{"mutatingwebhookconfiguration", "validatingwebhookconfiguration"} {
		names := strings.Fields(w.run(t, "kubectl get "+kind+" namesake -o jsonpath='{.webhooks[*].name}'"))
		var patch []string
		for i := range names {
			patch = append(patch, fmt.Sprintf(`{"op":"replace","path":"/webhooks/%d/clientConfig/caBundle","value":%q}`, i, base64.StdEncoding.EncodeToString(ca)))
		}
		w.run(t, fmt.Sprintf("kubectl patch %s namesake --type=json --patch '[%s]'", kind, strings.Join(patch, ",")))
	}
}

// restore replaces objects by what they were before.
func (w *world) restore(t *testing.T, before string) {
	t.Helper()
	without := "kubectl replace --force=false -f -"
	if out, code := w.shell(t, stripVersions(t, before), without); code != 0 {
		t.Errorf("restoring: %s", out)
	}
}

// recovers waits until the installation is well again.
func (w *world) recovers(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		out, code := w.shell(t, "", "kubectl namesake check --namespace default")
		if code == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the installation does not recover:\n%s", out)
		}
	}
}

// The webhooks' Service has no endpoints.
func webhookDown(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.held(t)
	before := w.run(t, "kubectl --namespace namesake-system get service namesake-webhook -o json")
	configurations := w.run(t, "kubectl get mutatingwebhookconfiguration,validatingwebhookconfiguration namesake -o json")
	t.Cleanup(func() {
		w.restore(t, configurations)
		w.shell(t, "", "kubectl --namespace namesake-system delete service namesake-webhook")
		if out, code := w.shell(t, stripVersions(t, before), "kubectl create -f -"); code != 0 {
			t.Errorf("restoring the Service: %s", out)
		}
		w.recovers(t)
	})
	w.run(t, "kubectl --namespace namesake-system delete service namesake-webhook")
	w.run(t, "kubectl --namespace namesake-system create service clusterip namesake-webhook --tcp=443:9443")
	ca, err := os.ReadFile(filepath.Join(os.Getenv("NAMESAKE_CLUSTER_DIR"), "webhook", "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	w.trust(t, append(ca, '\n')) // The API server keeps its connections to a webhook until its configuration differs.
	await(t, "the webhooks not to answer", func() string {
		out, code := w.shell(t, "", "kubectl namesake check --namespace "+w.namespace)
		if code == 1 && strings.Contains(out, "the webhooks do not answer") {
			return ""
		}
		return out
	})
	w.goesOn(t)
	w.expect(t, "webhook_down", 1, "In the way: the webhooks do not answer", "why claim/agent")
	w.expect(t, "webhook_down_missing", 2, "The API server may have refused it", "why claim/another")
	w.expect(t, "webhook_down_check", 1, "the webhooks do not answer", "check")
}

// The managers lost the right to the Lease: their webhooks go on, and nobody reconciles.
func noLeader(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.apply(t, template("python", ""))
	before := w.run(t, "kubectl --namespace namesake-system get rolebinding namesake -o json")
	t.Cleanup(func() {
		if out, code := w.shell(t, stripVersions(t, before), "kubectl create -f -"); code != 0 {
			t.Errorf("restoring the RoleBinding: %s", out)
		}
		w.recovers(t)
	})
	w.run(t, "kubectl --namespace namesake-system delete rolebinding namesake")
	await(t, "nobody to lead", func() string {
		out, code := w.shell(t, "", "kubectl namesake check --namespace "+w.namespace)
		if code == 1 && strings.Contains(out, "nobody leads") {
			return ""
		}
		return out
	})
	w.apply(t, claimOf("agent", "python"))
	w.expect(t, "no_leader", 1, "In the way: nobody leads", "why claim/agent")
	w.expect(t, "no_leader_check", 1, "nobody leads", "check")
}

// The managers are dead: neither webhooks nor a leader. The cluster is stopped after this.
func managersDead(t *testing.T) {
	t.Helper()
	w := enter(t)
	w.running(t)
	for _, manager := range testbed.Open(t).Managers(t) {
		manager.Kill(t)
	}
	w.losesItsPod(t)
	w.expect(t, "managers_dead", 1, "and nobody leads", "why sandbox/agent")
	w.expect(t, "managers_dead_check", 1, "nobody leads", "check")
}
