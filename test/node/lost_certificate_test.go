package node

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// issued is the metric that says whether cert-manager manages the certificate that a manager serves.
const issued = "namesake_webhook_certificate_issued"

// Without the Certificate nobody renews what is served, and a metric says so. The served certificate is still valid, so the
// manager stays ready: otherwise it would refuse correct writes.
func TestCertificateDeleted(t *testing.T) {
	n := open(t)
	n.ensure(t)
	managers := n.managers(t)
	manifest := ask(t, "get", "certificate", "namesake-webhook", "--output=yaml")
	kubectl(t, "--namespace", system, "delete", "certificate", "namesake-webhook")
	began := time.Now()
	for _, pod := range managers {
		n.eventually(t, noticed, pod.Name+" says that the Certificate is gone", func(context.Context) error {
			if value := n.metric(t, pod.Name, issued); value != 0 {
				return fmt.Errorf("%s is %v", issued, value)
			}
			return nil
		})
		if value := n.metric(t, pod.Name, trusted); value != 1 {
			t.Errorf("%s is %v: what is served is trusted as before", trusted, value)
		}
	}
	t.Logf("the metric says so after %.1f s", time.Since(began).Seconds())
	n.mustAccept(t)

	// A manager that starts now has nothing to serve. It is not ready, and the kubelet says why.
	kubectl(t, "--namespace", system, "delete", "secret", "namesake-webhook-tls")
	kubectl(t, "--namespace", system, "delete", "pod", managers[0].Name, "--wait", patience)
	began = time.Now()
	n.eventually(t, noticed, "the new manager is not ready, for a reason", func(context.Context) error {
		events := ask(t, "get", "events", "--field-selector=reason=FailedMount", "-o=jsonpath={.items[*].message}")
		if !strings.Contains(events, `secret "namesake-webhook-tls" not found`) {
			return fmt.Errorf("the events say %q", events)
		}
		return nil
	})
	t.Logf("an event says why the new manager does not start after %.1f s", time.Since(began).Seconds())
	n.mustAccept(t)

	if _, err := try(t, manifest, "kubectl", "create", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "--namespace", system, "rollout", "status", "deployment", release, patience)
	for _, pod := range n.managers(t) {
		n.eventually(t, noticed, pod.Name+" says that the Certificate is back", func(context.Context) error {
			if value := n.metric(t, pod.Name, issued); value != 1 {
				return fmt.Errorf("%s is %v", issued, value)
			}
			return nil
		})
	}
}

// Deleting the Secrets makes cert-manager start over with another authority. It adds that to the caBundle beside the previous
// one. So the managers' old certificate is trusted until the kubelet has brought them the new one.
func TestSecretsDeleted(t *testing.T) {
	n := open(t)
	n.ensure(t)
	kubectl(t, "--namespace", system, "delete", "secret", "namesake-ca")
	n.eventually(t, time.Minute, "the certificate is the new authority's", func(context.Context) error { return n.reissue(t) })
	authority := &corev1.Secret{}
	if err := n.Get(t.Context(), client.ObjectKey{Namespace: system, Name: "namesake-ca"}, authority); err != nil {
		t.Fatal(err)
	}
	n.eventually(t, noticed, "the API server trusts the new authority", func(context.Context) error {
		bundle := ask(t, "get", "validatingwebhookconfiguration", "namesake", "-o=jsonpath={.webhooks[0].clientConfig.caBundle}")
		pem, err := base64.StdEncoding.DecodeString(bundle)
		if err == nil && !bytes.Contains(pem, bytes.TrimSpace(authority.Data["tls.crt"])) {
			err = errors.New("the caBundle does not hold it")
		}
		return err
	})
	for _, pod := range n.managers(t) {
		if value := n.metric(t, pod.Name, trusted); value != 1 {
			t.Errorf("%s: %s is %v", pod.Name, trusted, value)
		}
	}
	n.mustAccept(t)
}

// mustAccept creates a Sandbox, which needs a webhook's approval, and deletes it.
func (n *node) mustAccept(t *testing.T) {
	t.Helper()
	if err := n.Create(t.Context(), sandboxNamed("accepted")); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "delete", "sandbox/accepted", "--wait", patience)
}

// reissue returns nil if the current authority signed the serving certificate in the cluster. If not, it deletes that
// certificate: cert-manager may have signed it with a key that it still had in memory.
func (n *node) reissue(t *testing.T) error {
	t.Helper()
	authority, serving := &corev1.Secret{}, &corev1.Secret{}
	if err := n.Get(t.Context(), client.ObjectKey{Namespace: system, Name: "namesake-ca"}, authority); err != nil {
		return err
	}
	if err := n.Get(t.Context(), client.ObjectKey{Namespace: system, Name: "namesake-webhook-tls"}, serving); err != nil {
		return err
	}
	if bytes.Equal(serving.Data["ca.crt"], authority.Data["tls.crt"]) {
		return nil
	}
	if err := n.Delete(t.Context(), serving); err != nil {
		return err
	}
	return errors.New("it was another's")
}

// notReady returns nil if a manager is not ready and reports that its certificate is not trusted.
func (n *node) notReady(t *testing.T, pod corev1.Pod) error {
	t.Helper()
	if value := n.metric(t, pod.Name, trusted); value != 0 {
		return fmt.Errorf("%s is %v", trusted, value)
	}
	if ready := ask(t, "get", "pod", pod.Name, `-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}`); ready != "False" {
		return fmt.Errorf("the condition Ready is %s", ready)
	}
	return nil
}
