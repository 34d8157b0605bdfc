package audit

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/auditor"
	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/yield"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/violations"
)

// events records events, as "reason kind/name".
type events struct {
	mu   sync.Mutex
	list []string
}

// Eventf implements recorder.EventRecorder.
func (e *events) Eventf(regarding, related runtime.Object, kind, reason, action, note string, args ...any) {
	e.AnnotatedEventf(regarding, related, nil, kind, reason, action, note, args...)
}

// AnnotatedEventf implements recorder.EventRecorder.
func (e *events) AnnotatedEventf(regarding, _ runtime.Object, _ map[string]string, _, reason, _, _ string, _ ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ref, ok := regarding.(*corev1.ObjectReference); ok && ref.UID != "" && ref.APIVersion != "" {
		e.list = append(e.list, fmt.Sprintf("%s %s/%s", reason, ref.Kind, ref.Name))
	}
}

func (e *events) count(event string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, one := range e.list {
		if one == event {
			n++
		}
	}
	return n
}

// running is an auditor of one namespace that runs by a clock of its own.
type running struct {
	clock   *clocktesting.FakeClock
	events  *events
	metrics *metrics.Audit
	traffic *yield.Traffic
	stop    func()
}

func run(t *testing.T, live client.Reader, namespace string) *running {
	t.Helper()
	now := clocktesting.NewFakeClock(builder.Epoch)
	r := &running{
		clock: now, events: &events{}, traffic: yield.NewTraffic(now),
		metrics: metrics.NewAudit(audit.IDs(audit.Violation), audit.IDs(audit.Warning)),
	}
	a := &auditor.Auditor{
		Cache: inNamespace{live, namespace}, Live: live, Namespaces: []string{namespace}, Interval: 10 * time.Minute, Traffic: r.traffic,
		Recorder: r.events, Metrics: r.metrics, Clock: r.clock, Log: testr.New(t),
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Start(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

// inNamespace reads one namespace, as the cache of a manager of that namespace does: without the Pods that have no Sandbox's label.
type inNamespace struct {
	client.Reader

	namespace string
}

// List implements client.Reader.
func (r inNamespace) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	options = append(options, client.InNamespace(r.namespace))
	if _, pods := list.(*corev1.PodList); pods {
		options = append(options, client.HasLabels{sandboxv1.LabelSandboxNameHash})
	}
	return r.Reader.List(ctx, list, options...)
}

// pass lets time pass, in steps of a second. The auditor does what it has to do at each.
func (r *running) pass(t *testing.T, seconds int) {
	t.Helper()
	r.steps(t, seconds, time.Second)
}

// steps lets time pass in n steps.
func (r *running) steps(t *testing.T, n int, step time.Duration) {
	t.Helper()
	for range n {
		r.rest(t)
		r.clock.Step(step)
	}
	r.rest(t)
}

// rest waits until the auditor waits for time to pass.
func (r *running) rest(t *testing.T) {
	t.Helper()
	waits := func(context.Context) (bool, error) { return r.clock.HasWaiters(), nil }
	if err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, time.Minute, true, waits); err != nil {
		t.Fatalf("waiting for the auditor to rest: %v", err)
	}
}

// gathered returns the sum of a metric over all checks, and its number of series.
func (r *running) gathered(t *testing.T, name string) (sum, series int) {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(r.metrics)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			for _, metric := range family.GetMetric() {
				sum, series = sum+int(metric.GetGauge().GetValue()), series+1
			}
		}
	}
	return sum, series
}

// Each violation is told within a minute of being written, whenever that is, once, by a metric and an event. What may be
// on its way for minutes is told five minutes later.
func TestAuditorTells(t *testing.T) {
	t.Parallel()
	for _, violation := range violations.All() {
		t.Run(violation.Name, func(t *testing.T) {
			t.Parallel()
			namespace := namesake.namespace(t.Context(), t)
			r := run(t, namesake.admin, namespace)
			r.pass(t, 31) // It has just looked: the worst moment.
			if sum, series := r.gathered(t, "namesake_audit_violations"); sum != 0 || series != len(audit.IDs(audit.Violation)) {
				t.Fatalf("%d violations in %d series", sum, series)
			}
			if err := violation.Write(t.Context(), namesake.admin, namespace); err != nil {
				t.Fatal(err)
			}
			r.pass(t, 60)
			if audit.Lasts(violation.Check) > time.Minute { // It may be on its way for long.
				r.pass(t, 300)
			}
			reason, metric := auditor.ReasonWarning, "namesake_audit_warnings"
			for _, id := range audit.IDs(audit.Violation) {
				if id == violation.Check {
					reason, metric = auditor.ReasonViolation, "namesake_audit_violations"
				}
			}
			event := reason + " " + violation.Object
			if sum, _ := r.gathered(t, metric); sum == 0 || r.events.count(event) == 0 {
				t.Fatalf("after a minute, %s is %d, and events are %q", metric, sum, r.events.list)
			}
			told := len(r.events.list)
			r.pass(t, 90)
			if again := len(r.events.list); again != told {
				t.Errorf("%d events were written later: %q", again-told, r.events.list[told:])
			}
		})
	}
}

// What is resolved is no longer counted, and who stops knows of nothing.
func TestAuditorForgets(t *testing.T) {
	namespace := namesake.namespace(t.Context(), t)
	twoPods := violations.All()[0]
	if err := twoPods.Write(t.Context(), namesake.admin, namespace); err != nil {
		t.Fatal(err)
	}
	r := run(t, namesake.admin, namespace)
	r.pass(t, 10)
	if sum, _ := r.gathered(t, "namesake_audit_violations"); sum != 2 { // The second Pod has the wrong name, too.
		t.Fatalf("%d violations", sum)
	}
	twin := builder.MakePod("twin").Namespace(namespace).UID("").Obj()
	if err := namesake.admin.Delete(t.Context(), twin, client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
	r.pass(t, 30)
	if sum, _ := r.gathered(t, "namesake_audit_violations"); sum != 0 {
		t.Errorf("%d violations are left", sum)
	}
	if _, series := r.gathered(t, "namesake_audit_last_timestamp_seconds"); series != 1 {
		t.Errorf("%d kinds of looks, want the one at the cache", series)
	}
	r.pass(t, 600)
	if _, series := r.gathered(t, "namesake_audit_last_timestamp_seconds"); series != 2 {
		t.Errorf("%d kinds of looks after ten minutes, want both", series)
	}
	r.stop()
	if _, series := r.gathered(t, "namesake_audit_last_timestamp_seconds"); series != 0 {
		t.Error("an auditor that has stopped says when it looked last")
	}
}

// staleCache shows what is not so, and never learns: what a watch that hangs shows.
type staleCache struct {
	inNamespace

	hide func(list client.ObjectList)
}

// List implements client.Reader.
func (c staleCache) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	err := c.inNamespace.List(ctx, list, options...)
	c.hide(list)
	return err
}

// A cache that lacks half of the Sandboxes makes no finding: whatever it shows is read live before it is told.
func TestAuditorTrustsNoCache(t *testing.T) {
	ctx, namespace := t.Context(), namesake.namespace(t.Context(), t)
	for i := range 20 {
		sandbox := builder.MakeSandbox(fmt.Sprintf("box-%d", i)).Namespace(namespace).Obj()
		if err := namesake.admin.Create(ctx, sandbox); err != nil {
			t.Fatal(err)
		}
		pod := builder.MakePod(sandbox.Name).ControlledBy(sandbox).UID("").Obj()
		if err := namesake.admin.Create(ctx, pod); err != nil {
			t.Fatal(err)
		}
	}
	r := &running{clock: clocktesting.NewFakeClock(builder.Epoch), events: &events{}, metrics: metrics.NewAudit(audit.IDs(audit.Violation), audit.IDs(audit.Warning))}
	missing := false
	cache := staleCache{inNamespace{namesake.admin, namespace}, func(list client.ObjectList) {
		missing = halve(list) || missing
	}}
	a := &auditor.Auditor{
		Cache: cache, Live: namesake.admin, Namespaces: []string{namespace}, Interval: time.Hour, Recorder: r.events, Metrics: r.metrics,
		Clock: r.clock, Log: testr.New(t),
	}
	runCtx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Start(runCtx) }()
	r.pass(t, 120)
	cancel()
	if err := <-ended; err != nil || !missing {
		t.Fatalf("%v; the cache lacked Sandboxes: %t", err, missing)
	}
	if len(r.events.list) > 0 {
		t.Errorf("events: %q", r.events.list)
	}
}

// halve removes the second half of the Sandboxes from list, and reports whether there were any.
func halve(list client.ObjectList) bool {
	sandboxes, ok := list.(*sandboxv1.SandboxList)
	if !ok || len(sandboxes.Items) < 2 {
		return false
	}
	sandboxes.Items = sandboxes.Items[:len(sandboxes.Items)/2]
	return true
}
