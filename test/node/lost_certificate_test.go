package node

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// issued says whether cert-manager looks after the certificate that a manager serves.
const issued = "namesake_webhook_certificate_issued"

// Without the Certificate nobody renews what is served, and a metric says so. But what is served is still good: a manager that
// were not ready now would refuse writes that nothing is wrong with.
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

	if _, err := try(t, manifest, "kubectl", "create", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	for _, pod := range managers {
		n.eventually(t, noticed, pod.Name+" says that the Certificate is back", func(context.Context) error {
			if value := n.metric(t, pod.Name, issued); value != 1 {
				return fmt.Errorf("%s is %v", issued, value)
			}
			return nil
		})
	}
}

// Deleting the Secrets makes cert-manager start over with another authority. Until the kubelet has brought the new certificate,
// what a manager serves is trusted by nobody: it is not ready, says why, and needs no hand to come back.
func TestSecretsDeleted(t *testing.T) {
	n := open(t)
	n.ensure(t)
	managers := n.managers(t)
	kubectl(t, "--namespace", system, "delete", "secret", "namesake-ca")
	n.eventually(t, time.Minute, "there is a new authority", func(context.Context) error {
		_, err := try(t, "", "kubectl", "--namespace", system, "get", "secret", "namesake-ca")
		return err
	})
	began := time.Now()
	kubectl(t, "--namespace", system, "delete", "secret", "namesake-webhook-tls")
	for _, pod := range managers {
		n.eventually(t, noticed, pod.Name+" is not ready", func(context.Context) error { return n.notReady(t, pod) })
		t.Logf("%s is not ready after %.1f s", pod.Name, time.Since(began).Seconds())
		if log := ask(t, "logs", pod.Name); !strings.Contains(log, "does not verify the serving certificate") {
			t.Errorf("the log of %s does not say why it is not ready:\n%s", pod.Name, log)
		}
	}
	for _, pod := range managers {
		kubectl(t, "--namespace", system, "wait", "pod/"+pod.Name, "--for=condition=Ready", patience)
	}
	t.Logf("ready again after %.1f s", time.Since(began).Seconds())
	n.mustAccept(t)
}

// mustAccept creates a Sandbox, which takes a webhook's yes, and deletes it.
func (n *node) mustAccept(t *testing.T) {
	t.Helper()
	if err := n.Create(t.Context(), sandboxNamed("accepted")); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "delete", "sandbox/accepted", "--wait", patience)
}

// notReady returns nil if a manager is not ready, and says that its certificate is not trusted.
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
