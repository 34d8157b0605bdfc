package node

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// expiry is when the certificate that a manager serves ends. A renewed certificate ends later.
	expiry  = "namesake_webhook_certificate_expiry_timestamp_seconds"
	trusted = "namesake_webhook_trusted"
	// arrives is how long the kubelet may take to bring a Secret's new content to a Pod. It looks about every minute.
	arrives = 3 * time.Minute
	// noticed is how long a manager may take to see that nobody can trust its certificate.
	noticed = 30 * time.Second
)

// Certificates are renewed while users write, and no manager restarts.
func TestRenewal(t *testing.T) {
	n := open(t)
	n.ensure(t)
	before := n.managers(t)
	s := n.stream(t)
	n.renew(t, "namesake-webhook")
	n.awaitServed(t, before, "the certificate")
	n.renew(t, "namesake-ca") // This alone does not change what is served: the new authority signs the next certificate.
	n.renew(t, "namesake-webhook")
	n.awaitServed(t, before, "the authority and the certificate")
	s.end(t, "certificate and authority renewed")
	s.mustNotFail(t)
	for i, pod := range n.managers(t) {
		if was := before[i]; pod.UID != was.UID || pod.Status.ContainerStatuses[0].RestartCount != was.Status.ContainerStatuses[0].RestartCount {
			t.Errorf("the manager %q was restarted", pod.Name)
		}
	}
}

// With a bundle that lacks the authority every manager becomes not ready, and reports the reason.
func TestWrongAuthority(t *testing.T) {
	n := open(t)
	n.ensure(t)
	root := &corev1.ConfigMap{}
	if err := n.Get(t.Context(), client.ObjectKey{Namespace: system, Name: "kube-root-ca.crt"}, root); err != nil {
		t.Fatal(err)
	}
	managers := n.managers(t)
	configuration := "validatingwebhookconfiguration/namesake"
	kubectl(t, "annotate", configuration, "cert-manager.io/inject-ca-from-") // Otherwise cainjector would repair it.
	kubectl(t, "patch", configuration, "--type=json", "--patch", fmt.Sprintf(
		`[{"op":"replace","path":"/webhooks/0/clientConfig/caBundle","value":%q}]`, base64.StdEncoding.EncodeToString([]byte(root.Data["ca.crt"]))))
	began := time.Now()
	for _, pod := range managers {
		n.eventually(t, noticed, pod.Name+" is not ready", func(context.Context) error { return n.notReady(t, pod) })
		t.Logf("%s is not ready after %.1f s", pod.Name, time.Since(began).Seconds())
		log := ask(t, "logs", pod.Name)
		if !strings.Contains(log, "does not verify the serving certificate") {
			t.Errorf("the log of %s does not say why it is not ready:\n%s", pod.Name, log)
		}
	}
	kubectl(t, "annotate", configuration, "cert-manager.io/inject-ca-from="+system+"/namesake-webhook")
	began = time.Now()
	for _, pod := range managers {
		kubectl(t, "--namespace", system, "wait", "pod/"+pod.Name, "--for=condition=Ready", patience)
	}
	t.Logf("ready again after %.1f s", time.Since(began).Seconds())
}

// renew asks cert-manager for a new certificate, as "cmctl renew" does, and waits until it is issued.
func (n *node) renew(t *testing.T, certificate string) {
	t.Helper()
	get := func(path string) string {
		return ask(t, "get", "certificate", certificate, "-o=jsonpath={"+path+"}")
	}
	revision := get(".status.revision")
	patch := fmt.Sprintf(`{"status":{"conditions":[{"type":"Ready","status":"True","reason":"Ready","lastTransitionTime":%[1]q},`+
		`{"type":"Issuing","status":"True","reason":"ManuallyTriggered","message":"renewed by hand","lastTransitionTime":%[1]q}]}}`,
		time.Now().UTC().Format(time.RFC3339))
	kubectl(t, "--namespace", system, "patch", "certificate", certificate, "--subresource=status", "--type=merge", "--patch", patch)
	n.eventually(t, time.Minute, certificate+" is renewed", func(context.Context) error {
		if now := get(".status.revision"); now == revision {
			return fmt.Errorf("its revision is still %s", now)
		}
		return nil
	})
}

// awaitServed waits until these managers serve a certificate that is issued from now on.
func (n *node) awaitServed(t *testing.T, managers []corev1.Pod, what string) {
	t.Helper()
	until := ask(t, "get", "certificate", "namesake-webhook", "-o=jsonpath={.status.notAfter}")
	want, err := time.Parse(time.RFC3339, until)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for _, pod := range managers {
		n.eventually(t, arrives, pod.Name+" serves what was issued", func(context.Context) error {
			if got := time.Unix(int64(n.metric(t, pod.Name, expiry)), 0); !got.Equal(want) {
				n.look(t, pod.Name)
				return fmt.Errorf("it serves one until %s, not until %s", got, want)
			}
			return nil
		})
	}
	t.Logf("%s renewed: all managers serve what was issued after %.1f s", what, time.Since(began).Seconds())
}

// look lets the kubelet look at a Pod, and at its Secrets: it does so about every minute, and when the Pod changes.
func (n *node) look(t *testing.T, pod string) {
	t.Helper()
	kubectl(t, "--namespace", system, "annotate", "pod", pod, "--overwrite", "looked-at="+time.Now().UTC().Format("150405.000"))
}

// metric returns the value of a manager's gauge.
func (n *node) metric(t *testing.T, pod, name string) float64 {
	t.Helper()
	out, err := try(t, "", "kubectl", "get", "--raw", "/api/v1/namespaces/"+system+"/pods/"+pod+":8080/proxy/metrics")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out) {
		var value float64
		if text, found := strings.CutPrefix(line, name+" "); found {
			if _, err := fmt.Sscan(text, &value); err != nil {
				t.Fatal(err)
			}
			return value
		}
	}
	t.Fatalf("%s has no metric %s", pod, name)
	return 0
}

// eventually waits until check returns no error.
func (n *node) eventually(t *testing.T, limit time.Duration, what string, check func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), time.Second, limit, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("waiting until %s: %v", what, last)
	}
}
