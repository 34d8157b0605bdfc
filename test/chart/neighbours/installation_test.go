package neighbours

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// manager is a replica: its own collectors, and what they count.
type manager struct {
	target

	leads   bool
	trusted bool
	issued  bool
	// certificate and authority are when these end.
	certificate, authority time.Time

	claims    *metrics.Claims
	admission *metrics.Admission
	audit     *metrics.Audit
	errors    *prometheus.CounterVec
}

// installation is two managers, of which the first leads, and what their caches hold.
type installation struct {
	// namespace is that of the managers.
	namespace     string
	first, second *manager
	// beside is another installation in the cluster, or nil.
	beside     *installation
	gone       map[*manager]bool
	claims     []extensionsv1.SandboxClaim
	pools      []extensionsv1.SandboxWarmPool
	templates  []extensionsv1.SandboxTemplate
	available  int
	unreadable map[string]int
	leftOut    metrics.LeftOut
	// blind says that the auditor cannot see everything.
	blind bool
}

// The namespaces of two installations. The alerts of config are those of the first.
const home, elsewhere = "namesake-system", "elsewhere"

func newInstallation(t *testing.T, namespace string) *installation {
	t.Helper()
	i := &installation{namespace: namespace, gone: map[*manager]bool{}, unreadable: map[string]int{}, available: 1}
	i.first, i.second = i.manager(t, namespace+"-first"), i.manager(t, namespace+"-second")
	i.first.leads = true
	return i
}

// manager returns a replica with the collectors that cmd/namesake registers, and the counter that controller-runtime has for
// the errors of reconcilers.
func (i *installation) manager(t *testing.T, pod string) *manager {
	t.Helper()
	m := &manager{
		target:  target{namespace: i.namespace, pod: pod, registry: prometheus.NewPedanticRegistry(), answers: true},
		trusted: true, issued: true, certificate: begin.Add(60 * 24 * time.Hour), authority: begin.Add(300 * 24 * time.Hour),
		claims: metrics.NewClaims(), admission: metrics.NewAdmission(),
		audit:  metrics.NewAudit(audit.IDs(audit.Violation), audit.IDs(audit.Warning)),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "controller_runtime_reconcile_errors_total"}, []string{"controller"}),
	}
	m.admission.Init("/validate-sandbox")
	m.errors.WithLabelValues("sandbox")
	leads := func() bool { return m.leads }
	for _, collector := range []prometheus.Collector{
		metrics.NewLeader(leads), m.claims, m.admission, m.errors,
		gauge(metrics.Trusted, func() float64 { return number(m.trusted) }),
		gauge(metrics.CertificateIssued, func() float64 { return number(m.issued) }),
		gauge(metrics.CertificateExpiry, func() float64 { return float64(m.certificate.Unix()) }),
		gauge(metrics.AuthorityExpiry, func() float64 { return float64(m.authority.Unix()) }),
		metrics.Unreadable{Count: func() map[string]int { return i.unreadable }}, &i.leftOut, m.audit,
		&metrics.State{Cache: cache{installation: i}, IsLeader: leads, Available: func(types.UID) int { return i.available }},
	} {
		if err := m.registry.Register(collector); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// look lets the auditor of the manager that leads look at everything.
func (i *installation) look(now time.Time) {
	for _, m := range []*manager{i.first, i.second} {
		if m.leads && !i.blind && !i.gone[m] {
			m.audit.Complete(metrics.AuditOfCache, now)
		}
	}
}

// gauge returns the collector of a metric without labels.
func gauge(metric metrics.Definition, value func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: metric.Name, Help: metric.Help}, value)
}

// number returns 1 for what is true, else 0.
func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// targets returns what is scraped of the installation and of the one beside it, if there is one.
func (i *installation) targets() []target {
	var targets []target
	if i.beside != nil {
		targets = i.beside.targets()
	}
	for _, m := range []*manager{i.first, i.second} {
		if !i.gone[m] {
			targets = append(targets, m.target)
		}
	}
	return targets
}

// cache lists what an installation has.
type cache struct {
	client.Reader

	installation *installation
}

// List implements client.Reader.
func (c cache) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	switch list := list.(type) {
	case *extensionsv1.SandboxClaimList:
		list.Items = c.installation.claims
	case *extensionsv1.SandboxWarmPoolList:
		list.Items = c.installation.pools
	case *extensionsv1.SandboxTemplateList:
		list.Items = c.installation.templates
	}
	return nil
}

// hold gives the installation n claims whose Ready condition has that status and reason, beside those that it has.
func (i *installation) hold(n int, status metav1.ConditionStatus, reason string) {
	for range n {
		claim := builder.MakeClaim(fmt.Sprint("c", len(i.claims))).Condition(extensionsv1.ConditionReady, status, reason).Obj()
		i.claims = append(i.claims, *claim)
	}
}

func (m *manager) provide(n int, launchType, pool string) {
	for range n {
		m.claims.CountProvision(rules.Provision{Namespace: "default", Template: "t", LaunchType: launchType, Pool: pool})
	}
}
