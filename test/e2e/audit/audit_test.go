// Package audit tests the auditor of managers that run: it tells every violation, and nothing under load. It runs with
// --managers 2 --leader-elect=false. Both managers reconcile, and both audit. At the end, the cluster has no admission any more.
package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
	"github.com/namesake-sandbox/namesake/test/violations"
)

const (
	// promised is the time in which a violation is told. TestAuditorTells of test/integration/audit holds it, by a clock of its own. Here a
	// busy machine may take the time that patience allows.
	promised, patience = time.Minute, 3 * time.Minute
	// look is the time between two looks of an auditor.
	look = 30 * time.Second
	tick = 500 * time.Millisecond
)

// First nothing is wrong, and nothing may be told, however much is on its way. With -short, that is left to TestWithoutWebhooks of
// test/e2e/twomanagers. Then all admission is gone, and all that is wrong is told.
func TestAudit(t *testing.T) {
	if !testing.Short() {
		t.Run("nothing is told under load", nothingUnderLoad)
	}
	t.Run("every violation is told", everyViolation)
}

// nothingUnderLoad has 500 claims on a pool of 300, and then as many releases, while the auditors look at least twice.
func nothingUnderLoad(t *testing.T) {
	const claims, replicas = 500, 300
	s := scene.Enter(t)
	managers := s.Managers(t)
	if len(managers) != 2 {
		t.Fatalf("%d managers run: this test is about 2, see the target e2e of the Makefile", len(managers))
	}
	s.Pool(t, "python", replicas)
	ctx, stop := context.WithCancel(t.Context())
	told := make(chan []string, 1)
	go func() { told <- watchMetrics(ctx, t, managers) }()
	burst := s.Claim(t, "python", claims, "burst")
	s.AwaitReady(t, burst)
	s.LogLatency(t, burst)
	once(t, s.Bed, s.Namespace)
	s.DeleteClaims(t)
	s.AwaitFull(t, "python", replicas)
	awaitLooks(t, managers, 2)
	stop()
	for _, line := range <-told {
		t.Error(line)
	}
	for _, event := range s.NotesOf(t, s.Namespace, "AuditViolation") {
		t.Errorf("event: %s", event)
	}
}

// watchMetrics reads the metrics of managers again and again, and returns what they count that should be 0, once each.
func watchMetrics(ctx context.Context, t *testing.T, managers []*testbed.Manager) []string {
	t.Helper()
	var lines []string
	read := func(context.Context) (bool, error) {
		for i, manager := range managers {
			for sample, value := range manager.ReadMetrics(t) {
				line := fmt.Sprintf("manager %d: %s is %v", i, sample, value)
				if strings.HasPrefix(sample, "namesake_audit_violations{") && value != 0 && !slices.Contains(lines, line) {
					lines = append(lines, line)
				}
			}
		}
		return false, nil
	}
	_ = wait.PollUntilContextCancel(ctx, tick, true, read) // It ends with ctx.
	return lines
}

// once audits as the command does, while everything moves: it lists, and confirms twice. A list that takes two looks may find anything.
func once(t *testing.T, bed *testbed.Bed, namespace string) {
	t.Helper()
	source := &audit.Source{Reader: bed.Admin}
	snapshots, unread, err := source.List(t.Context(), namespace)
	if err != nil || len(unread) > 0 {
		t.Fatalf("%v, unread %v", err, unread)
	}
	for _, finding := range audit.Run(snapshots[namespace]) {
		holds, err := source.Confirm(t.Context(), &finding)
		if err != nil {
			t.Error(err)
		}
		if holds && finding.Severity == audit.Violation {
			t.Errorf("%s: %s", finding.Check, finding.Message)
		}
	}
}

// awaitLooks waits until each manager's auditor has looked that many times.
func awaitLooks(t *testing.T, managers []*testbed.Manager, looks int) {
	t.Helper()
	const name = "namesake_audit_last_timestamp_seconds"
	for _, manager := range managers {
		var seen []float64
		done := func(context.Context) (bool, error) {
			if at := manager.ReadMetrics(t).Sum(name, `look="cache"`); !slices.Contains(seen, at) {
				seen = append(seen, at)
			}
			return len(seen) > looks, nil
		}
		if err := wait.PollUntilContextTimeout(t.Context(), tick, time.Duration(looks+1)*2*look, true, done); err != nil {
			t.Fatalf("waiting for %d looks of a manager, which looked at %v: %v", looks, seen, err)
		}
	}
}

// everyViolation writes each violation in a namespace of its own, and waits for its event and its metric. One that the manager mends may be
// mended instead.
func everyViolation(t *testing.T) {
	bed := testbed.Open(t)
	managers := bed.Managers(t)
	turnAdmissionOff(t, bed)
	type pending struct {
		violations.Violation

		namespace string
		written   time.Time
	}
	var waiting []pending
	for _, violation := range violations.All() {
		// The garbage collector runs here, and ends some at once. Others are told after minutes. test/integration/audit has them.
		if violation.Collected || audit.Lasts(violation.Check) > promised {
			continue
		}
		namespace := bed.Namespace(t)
		if err := violation.Write(t.Context(), bed.Admin, namespace); err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, pending{violation, namespace, time.Now()})
	}
	settled := func(context.Context) (bool, error) {
		waiting = slices.DeleteFunc(waiting, func(p pending) bool {
			outcome, took := outcomeOf(t, bed, managers, &p.Violation, p.namespace), time.Since(p.written)
			switch {
			case outcome != "":
				t.Logf("%s on %s: %s after %s", p.Check, p.Object, outcome, took.Round(time.Second))
			case took > patience:
				t.Errorf("%s on %s is not told; there are %+v", p.Check, p.Object, findingsIn(t, bed, p.namespace))
			default:
				return false
			}
			return true
		})
		return len(waiting) == 0, nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), tick, 2*patience, true, settled); err != nil {
		t.Errorf("waiting for %d violations to be told: %v", len(waiting), err)
	}
}

// outcomeOf returns whether a violation is told, by an event and by a metric, or mended, or "" if neither is so yet.
func outcomeOf(t *testing.T, bed *testbed.Bed, managers []*testbed.Manager, violation *violations.Violation, namespace string) string {
	t.Helper()
	reason, metric := "AuditWarning", "namesake_audit_warnings"
	if slices.Contains(audit.IDs(audit.Violation), violation.Check) {
		reason, metric = "AuditViolation", "namesake_audit_violations"
	}
	begins := fmt.Sprintf("%s: %s: ", violation.Object, violation.Check)
	hasEvent := slices.ContainsFunc(bed.NotesOf(t, namespace, reason), func(note string) bool { return strings.HasPrefix(note, begins) })
	counted := slices.ContainsFunc(managers, func(m *testbed.Manager) bool {
		return m.ReadMetrics(t).Sum(metric, fmt.Sprintf("check=%q", violation.Check)) > 0
	})
	switch {
	case hasEvent && counted:
		return "told"
	case violation.Mended && !slices.ContainsFunc(findingsIn(t, bed, namespace), func(f audit.Finding) bool { return f.Check == violation.Check }):
		return "mended"
	}
	return ""
}

func findingsIn(t *testing.T, bed *testbed.Bed, namespace string) []audit.Finding {
	t.Helper()
	snapshots, _, err := (&audit.Source{Reader: bed.Admin}).List(t.Context(), namespace)
	if err != nil {
		t.Fatal(err)
	}
	if snapshots[namespace] == nil {
		return nil
	}
	return audit.Run(snapshots[namespace])
}

// turnAdmissionOff deletes every webhook configuration and every binding of an admission policy, and waits until a write that they refuse
// goes through.
func turnAdmissionOff(t *testing.T, bed *testbed.Bed) {
	t.Helper()
	for _, kind := range []string{
		"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding",
	} {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(admissionv1.SchemeGroupVersion.WithKind(kind + "List"))
		if err := bed.Admin.List(t.Context(), list); err != nil {
			if meta.IsNoMatchError(err) { // This Kubernetes has none.
				continue
			}
			t.Fatal(err)
		}
		for i := range list.Items {
			obj := &unstructured.Unstructured{}
			obj.SetGroupVersionKind(schema.GroupVersionKind{Group: admissionv1.GroupName, Version: "v1", Kind: kind})
			obj.SetName(list.Items[i].Name)
			if err := bed.Admin.Delete(t.Context(), obj); client.IgnoreNotFound(err) != nil {
				t.Fatal(err)
			}
			t.Logf("deleted %s %s", kind, obj.GetName())
		}
	}
	namespace := bed.Namespace(t)
	refused := func(context.Context) (bool, error) {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, GenerateName: "planted-", Labels: map[string]string{"agents.x-k8s.io/sandbox-uid": "x"},
		}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "none"}}}}
		return bed.Admin.Create(t.Context(), pod, client.DryRunAll) == nil, nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), tick, time.Minute, true, refused); err != nil {
		t.Fatalf("waiting for admission to be off: %v", err)
	}
}
