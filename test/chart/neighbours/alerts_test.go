package neighbours

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	// quiet is how long an installation has nothing wrong, at the beginning of each case.
	quiet = 35 * time.Minute
	// watched is how long an alert that must not fire is watched.
	watched = time.Hour
)

// begin is when what is wrong in a case begins.
var begin = time.Unix(1_800_000_000, 0)

type alertCase struct {
	// from is what changes at once when the case begins, and each what happens before each scrape from then on.
	from func(*installation)
	each func(i *installation, since time.Duration)
	// within is when the alert fires at the latest, after the case began. It is zero if the alert must not fire.
	within time.Duration
}

func TestNobodyLeads(t *testing.T) {
	testAlert(t, "NamesakeNobodyLeads", map[string]alertCase{
		"no replica can lead":                  {from: func(i *installation) { i.first.leads = false }, within: 2 * time.Minute},
		"the leader is gone, and none follows": {from: func(i *installation) { i.gone[i.first] = true }, within: 2 * time.Minute},
		"both are gone": {
			from: func(i *installation) { i.gone[i.first], i.gone[i.second] = true, true }, within: 2 * time.Minute,
		},
		"no replica can be scraped": {
			from: func(i *installation) { i.first.answers, i.second.answers = false, false }, within: 2 * time.Minute,
		},
		"one leads":           {},
		"the standby is gone": {from: func(i *installation) { i.gone[i.second] = true }},
		"another follows":     {from: func(i *installation) { i.gone[i.first], i.second.leads = true, true }},
		"the lead changes at each scrape": {each: func(i *installation, _ time.Duration) {
			i.first.leads, i.second.leads = i.second.leads, i.first.leads
		}},
		"another follows after half a minute": {each: func(i *installation, since time.Duration) {
			i.gone[i.first], i.second.leads = true, since >= 30*time.Second
		}},
		"both lead": {from: func(i *installation) { i.second.leads = true }},
	})
}

func TestDown(t *testing.T) {
	testAlert(t, "NamesakeDown", map[string]alertCase{
		"both are gone":   {from: func(i *installation) { i.gone[i.first], i.gone[i.second] = true, true }, within: 3 * time.Minute},
		"neither answers": {from: func(i *installation) { i.first.answers, i.second.answers = false, false }, within: 3 * time.Minute},
		"one is gone":     {from: func(i *installation) { i.gone[i.first] = true }},
		"nobody leads":    {from: func(i *installation) { i.first.leads = false }},
	})
}

func TestClaimsWaiting(t *testing.T) {
	hold := func(ready, waiting int, reason string) func(*installation) {
		return func(i *installation) {
			i.hold(ready, metav1.ConditionTrue, "DependenciesReady")
			i.hold(waiting, metav1.ConditionFalse, reason)
		}
	}
	testAlert(t, "NamesakeClaimsWaiting", map[string]alertCase{
		"eight of ten have no status": {
			from: func(i *installation) { hold(2, 8, "")(i); dropStatus(i, 8) }, within: 12 * time.Minute,
		},
		"eight of ten have a Sandbox that is not Ready": {from: hold(2, 8, extensionsv1.ReasonSandboxNotReady), within: 12 * time.Minute},
		"twenty of a hundred":                           {from: hold(80, 20, sandboxv1.ReasonDependenciesNotReady), within: 12 * time.Minute},
		"ten of a hundred":                              {from: hold(90, 10, sandboxv1.ReasonDependenciesNotReady)},
		"a few alone":                                   {from: hold(0, 5, sandboxv1.ReasonDependenciesNotReady)},
		"all are Ready":                                 {from: hold(50, 0, "")},
		"as many have expired":                          {from: hold(2, 8, extensionsv1.ReasonClaimExpired)},
		"a burst that is served in five minutes": {each: func(i *installation, since time.Duration) {
			i.claims = nil
			if since < 5*time.Minute {
				hold(0, 50, sandboxv1.ReasonDependenciesNotReady)(i)
			}
		}},
	})
}

// dropStatus takes the status from the last n claims.
func dropStatus(i *installation, n int) {
	for k := range n {
		i.claims[len(i.claims)-1-k].Status = extensionsv1.SandboxClaimStatus{}
	}
}

func TestClaimsStartCold(t *testing.T) {
	each := func(cold, warm int, pool string) func(*installation, time.Duration) {
		return func(i *installation, _ time.Duration) {
			i.first.provide(cold, sandboxv1.LaunchTypeCold, pool)
			i.first.provide(warm, sandboxv1.LaunchTypeWarm, "p")
		}
	}
	testAlert(t, "NamesakeClaimsStartCold", map[string]alertCase{
		"all are cold":                     {each: each(1, 0, "p"), within: 30 * time.Minute},
		"two in three are cold":            {each: each(2, 1, "p"), within: 30 * time.Minute},
		"one in three is cold":             {each: each(1, 2, "p")},
		"those are cold that want no pool": {each: each(1, 0, "none")},
		"a few cold ones": {each: func(i *installation, since time.Duration) {
			if since%(10*time.Minute) == 0 {
				each(1, 0, "p")(i, since)
			}
		}},
		"a new leader goes on": {each: func(i *installation, _ time.Duration) {
			i.first.leads, i.second.leads = false, true
			i.second.provide(1, sandboxv1.LaunchTypeCold, "p")
		}, within: 30 * time.Minute},
	})
}

func TestNetworkPolicyMissing(t *testing.T) {
	apply := func(management extensionsv1.NetworkPolicyManagement) func(*installation) {
		return func(i *installation) {
			i.templates = []extensionsv1.SandboxTemplate{*builder.MakeTemplate("t").NetworkPolicyManagement(management).Obj()}
		}
	}
	testAlert(t, "NamesakeNetworkPolicyMissing", map[string]alertCase{
		"a template has none": {from: apply(extensionsv1.NetworkPolicyManaged), within: 6 * time.Minute},
		"it wants none":       {from: apply(extensionsv1.NetworkPolicyUnmanaged)},
		"it is there after two minutes": {each: func(i *installation, since time.Duration) {
			i.templates = nil
			if since < 2*time.Minute {
				apply(extensionsv1.NetworkPolicyManaged)(i)
			}
		}},
		"a leader that changes does not hide it": {from: apply(extensionsv1.NetworkPolicyManaged), each: func(i *installation, _ time.Duration) {
			i.first.leads, i.second.leads = i.second.leads, i.first.leads
		}, within: 6 * time.Minute},
	})
}

func TestPoolEmpty(t *testing.T) {
	pool := func(replicas int32, available int) func(*installation) {
		return func(i *installation) {
			i.pools, i.available = []extensionsv1.SandboxWarmPool{*builder.MakePool("p").Replicas(replicas).Obj()}, available
		}
	}
	testAlert(t, "NamesakePoolEmpty", map[string]alertCase{
		"it has none to give": {from: pool(3, 0), within: 11 * time.Minute},
		"it has one":          {from: pool(3, 1)},
		"it wants none":       {from: pool(0, 0)},
	})
}

// The retries of refused objects are no errors: package retry tests that they are none, and here is what that means.
func TestReconcileErrors(t *testing.T) {
	every := func(interval time.Duration) func(*installation, time.Duration) {
		return func(i *installation, since time.Duration) {
			if since%interval == 0 {
				i.first.errors.WithLabelValues("sandbox").Add(max(1, float64(30*time.Second/interval)))
			}
		}
	}
	testAlert(t, "NamesakeReconcileErrors", map[string]alertCase{
		"an error every five seconds": {each: every(5 * time.Second), within: 22 * time.Minute},
		"one in half a minute":        {each: every(30 * time.Second)},
		"an API server that is away for five minutes": {each: func(i *installation, since time.Duration) {
			if since < 5*time.Minute {
				every(5*time.Second)(i, since)
			}
		}},
	})
}

func TestAdmissionErrors(t *testing.T) {
	testAlert(t, "NamesakeAdmissionErrors", map[string]alertCase{
		"a webhook fails": {each: func(i *installation, _ time.Duration) { i.second.admission.CountFailed("/validate-sandbox") }, within: 7 * time.Minute},
		"it refuses":      {each: func(i *installation, _ time.Duration) { i.second.admission.CountRefused("/validate-sandbox", "a-rule") }},
	})
}

func TestBindingConflicts(t *testing.T) {
	each := func(rebound int) func(*installation, time.Duration) {
		return func(i *installation, _ time.Duration) {
			i.first.provide(10, sandboxv1.LaunchTypeWarm, "p")
			for range rebound {
				i.first.claims.CountRebound(corev1.NamespaceDefault)
			}
		}
	}
	testAlert(t, "NamesakeBindingConflicts", map[string]alertCase{
		"a third is bound twice": {each: each(4), within: 20 * time.Minute},
		"a tenth is":             {each: each(1)},
	})
}

func TestUnreadableObjects(t *testing.T) {
	testAlert(t, "NamesakeUnreadableObjects", map[string]alertCase{
		"one is left out": {from: func(i *installation) { i.unreadable[sandboxv1.KindSandbox] = 1 }, within: 6 * time.Minute},
		"it is mended":    {from: func(i *installation) { i.unreadable[sandboxv1.KindSandbox] = 0 }},
	})
}

func TestNamespaceLeftOut(t *testing.T) {
	testAlert(t, "NamesakeNamespaceLeftOut", map[string]alertCase{
		"a manager leaves one out": {from: func(i *installation) { i.leftOut = metrics.LeftOut{"team-b"} }, within: 6 * time.Minute},
		"it leaves none out":       {from: func(i *installation) { i.leftOut = nil }},
	})
}

func TestAudit(t *testing.T) {
	testAlert(t, "NamesakeAuditViolation", map[string]alertCase{
		"a Sandbox has two Pods": {from: func(i *installation) { i.first.audit.Set(map[string]int{audit.CheckTwoPods: 1}) }, within: time.Minute},
		"a Pod is left over":     {from: func(i *installation) { i.first.audit.Set(map[string]int{audit.CheckPodOrphan: 1}) }},
		"elsewhere":              {from: func(i *installation) { i.beside.first.audit.Set(map[string]int{audit.CheckTwoPods: 1}) }},
	})
	testAlert(t, "NamesakeAuditMissing", map[string]alertCase{
		"the auditor cannot see everything": {from: func(i *installation) { i.blind = true }, within: 21 * time.Minute},
		"another manager leads": {from: func(i *installation) {
			i.first.audit.Clear()
			i.first.leads, i.second.leads = false, true
		}},
		"elsewhere": {from: func(i *installation) { i.beside.blind = true }},
	})
}

// testAlert runs installations through cases, and evaluates an alert of the chart as Prometheus does. In all cases there is another
// installation beside, with which nothing is wrong unless the case says so: it may hide nothing.
func testAlert(t *testing.T, name string, cases map[string]alertCase) {
	t.Helper()
	for sentence, tc := range cases {
		t.Run(sentence, func(t *testing.T) {
			fired, at := firing(t, name, tc)
			switch {
			case fired && at < 0:
				t.Errorf("%s fires %s before anything is wrong", name, -at)
			case fired && tc.within == 0:
				t.Errorf("%s fires after %s", name, at)
			case !fired && tc.within > 0, at > tc.within:
				t.Errorf("%s fires: %t, after %s, want it within %s", name, fired, at, tc.within)
			case fired:
				t.Logf("%s fires after %s", name, at)
			}
		})
	}
}

// firing returns whether an alert fires, and when, counted from the beginning of a case. Rules are evaluated just before each
// scrape, which is the latest.
func firing(t *testing.T, name string, tc alertCase) (fired bool, at time.Duration) {
	t.Helper()
	i, prometheus, rules := newInstallation(t, home), newServer(), alertsOf(t, name)
	i.beside = newInstallation(t, elsewhere)
	since := make([]map[string]time.Duration, len(rules))
	changed := false
	for now := -quiet; now <= watched; now += interval {
		for r, rule := range rules {
			pending := map[string]time.Duration{}
			for labels := range prometheus.active(t, rule.Expr, begin.Add(now)) {
				first, was := since[r][labels]
				if !was {
					first = now
				}
				pending[labels] = first
				if now > -quiet && now-first >= time.Duration(rule.For) {
					return true, now
				}
			}
			since[r] = pending
		}
		if now >= 0 {
			if tc.from != nil && !changed {
				tc.from(i)
			}
			changed = true
			if tc.each != nil {
				tc.each(i, now)
			}
		}
		i.look(begin.Add(now))
		i.beside.look(begin.Add(now))
		prometheus.scrape(t, begin.Add(now), i.targets())
	}
	return false, 0
}
