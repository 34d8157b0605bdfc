package neighbours

import (
	"context"
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// manager is a replica: its own collectors, and what they count.
type manager struct {
	target

	leads     bool
	claims    *metrics.Claims
	admission *metrics.Admission
	errors    *prometheus.CounterVec
}

// installation is two managers, of which the first leads, and what their caches hold.
type installation struct {
	first, second *manager
	gone          map[*manager]bool
	claims        []extensionsv1.SandboxClaim
	pools         []extensionsv1.SandboxWarmPool
	templates     []extensionsv1.SandboxTemplate
	available     int
	unreadable    map[string]int
	leftOut       metrics.LeftOut
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	i := &installation{gone: map[*manager]bool{}, unreadable: map[string]int{}, available: 1}
	i.first, i.second = i.manager(t, "first"), i.manager(t, "second")
	i.first.leads = true
	return i
}

// manager returns a replica with the collectors that cmd/namesake registers, and the counter that controller-runtime has for
// the errors of reconcilers.
func (i *installation) manager(t *testing.T, pod string) *manager {
	t.Helper()
	m := &manager{
		target: target{pod: pod, registry: prometheus.NewPedanticRegistry(), answers: true},
		claims: metrics.NewClaims(), admission: metrics.NewAdmission(),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "controller_runtime_reconcile_errors_total"}, []string{"controller"}),
	}
	m.admission.Init("/validate-sandbox")
	m.errors.WithLabelValues("sandbox")
	leads := func() bool { return m.leads }
	for _, collector := range []prometheus.Collector{
		metrics.NewLeader(leads), m.claims, m.admission, m.errors,
		metrics.Unreadable{Count: func() map[string]int { return i.unreadable }}, &i.leftOut,
		&metrics.State{Cache: cache{installation: i}, IsLeader: leads, Available: func(types.UID) int { return i.available }},
	} {
		if err := m.registry.Register(collector); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (i *installation) targets() []target {
	var targets []target
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
