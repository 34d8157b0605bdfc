package main

import (
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// parsed returns the options of a command line, and the arguments that are left.
func parsed(t *testing.T, args ...string) (*options, []string) {
	t.Helper()
	o := defaults()
	flags := flag.NewFlagSet("namesake", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	o.addFlags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return o, flags.Args()
}

func TestOptionsValidate(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want []string
	}{
		"nothing":                                {},
		"a rate":                                 {args: []string{"--kube-api-qps=0.5", "--kube-api-burst=1"}},
		"no limit to the rate":                   {args: []string{"--kube-api-qps=-1"}},
		"one worker each":                        {args: []string{"--sandbox-concurrent-workers=1", "--sandbox-claim-concurrent-workers=1", "--sandbox-warm-pool-concurrent-workers=1"}},
		"no metrics":                             {args: []string{"--metrics-bind-address=0", "--leader-elect=false"}},
		"an argument":                            {args: []string{"serve", "--webhook-port=1"}, want: []string{`unknown arguments ["serve" "--webhook-port=1"]: namesake takes flags only`}},
		"no rate":                                {args: []string{"--kube-api-qps=0"}, want: []string{"--kube-api-qps: found 0, must be positive, or -1 for no limit"}},
		"a negative rate":                        {args: []string{"--kube-api-qps=-5"}, want: []string{"--kube-api-qps: found -5, must be positive, or -1 for no limit"}},
		"a rate that is no number":               {args: []string{"--kube-api-qps=NaN"}, want: []string{"--kube-api-qps: found NaN, must be positive, or -1 for no limit"}},
		"an infinite rate":                       {args: []string{"--kube-api-qps=Inf"}, want: []string{"--kube-api-qps: found +Inf, must be positive, or -1 for no limit"}},
		"a rate that is infinite for the client": {args: []string{"--kube-api-qps=1e39"}, want: []string{"--kube-api-qps: found 1e+39, must be positive, or -1 for no limit"}},
		"a rate that is 0 for the client":        {args: []string{"--kube-api-qps=1e-60"}, want: []string{"--kube-api-qps: found 1e-60, must be positive, or -1 for no limit"}},
		"no burst":                               {args: []string{"--kube-api-burst=0"}, want: []string{"--kube-api-burst: found 0, must be at least 1"}},
		"no workers for Sandboxes":               {args: []string{"--sandbox-concurrent-workers=0"}, want: []string{"--sandbox-concurrent-workers: found 0, must be at least 1"}},
		"fewer than none for claims":             {args: []string{"--sandbox-claim-concurrent-workers=-1"}, want: []string{"--sandbox-claim-concurrent-workers: found -1, must be at least 1"}},
		"no workers for pools":                   {args: []string{"--sandbox-warm-pool-concurrent-workers=0"}, want: []string{"--sandbox-warm-pool-concurrent-workers: found 0, must be at least 1"}},
		"no workers for templates":               {args: []string{"--sandbox-template-concurrent-workers=0"}, want: []string{"--sandbox-template-concurrent-workers: found 0, must be at least 1"}},
		"a router elsewhere":                     {args: []string{"--router-namespace=default", "--router-labels=app.kubernetes.io/name=sandbox-router,tier=edge"}},
		"a router without a namespace":           {args: []string{"--router-namespace=A"}, want: []string{`--router-namespace: found "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`}},
		"a router without labels":                {args: []string{"--router-labels="}, want: []string{"--router-labels: must not be empty"}},
		"labels of a router that are none":       {args: []string{"--router-labels=app"}, want: []string{`--router-labels: found "app", must be KEY=VALUE, separated by commas: invalid selector: [app]`}},
		"no folder for the certificate":          {args: []string{"--webhook-cert-dir="}, want: []string{"--webhook-cert-dir: must not be empty"}},
		"no file for the certificate":            {args: []string{"--webhook-cert-name="}, want: []string{"--webhook-cert-name: must not be empty"}},
		"no file for the key":                    {args: []string{"--webhook-key-name="}, want: []string{"--webhook-key-name: must not be empty"}},
		"callers by an authority":                {args: []string{"--webhook-client-ca-file=/ca.crt"}},
		"callers by their names":                 {args: []string{"--webhook-client-ca-file=/ca.crt", "--webhook-client-names=a,b"}},
		"names that nobody verifies":             {args: []string{"--webhook-client-names=a"}, want: []string{"--webhook-client-names: needs --webhook-client-ca-file, or nobody verifies the names"}},
		"nobody who controls":                    {args: []string{"--controller-user="}, want: []string{"--controller-user: must not be empty"}},
		"another domain":                         {args: []string{"--cluster-domain=k8s.example.com"}},
		"no domain":                              {args: []string{"--cluster-domain="}, want: []string{`--cluster-domain: found "", must be a domain name such as cluster.local`}},
		"a domain that begins with a dot":        {args: []string{"--cluster-domain=.cluster.local"}, want: []string{`--cluster-domain: found ".cluster.local", must be a domain name such as cluster.local`}},
		"pools that do as little as they can": {args: []string{
			"--sandbox-warm-pool-max-batch-size=1", "--sandbox-warm-pool-max-refill-rate=0.01", "--sandbox-warm-pool-replenish-delay=1h",
			"--sandbox-warm-pool-readiness-grace-period=1ns", "--sandbox-warm-pool-unschedulable-recheck-interval=1ns", "--enable-warm-pool-eviction=false",
		}},
		"pools that do nothing": {
			args: []string{
				"--sandbox-warm-pool-max-batch-size=0", "--sandbox-warm-pool-max-refill-rate=-1", "--sandbox-warm-pool-replenish-delay=-1s",
				"--sandbox-warm-pool-readiness-grace-period=0", "--sandbox-warm-pool-unschedulable-recheck-interval=-1m",
			},
			want: []string{
				"--sandbox-warm-pool-max-batch-size: found 0, must be at least 1",
				"--sandbox-warm-pool-max-refill-rate: found -1, must be positive, or 0 for no limit",
				"--sandbox-warm-pool-readiness-grace-period: found 0s, must be positive",
				"--sandbox-warm-pool-replenish-delay: found -1s, must not be negative",
				"--sandbox-warm-pool-unschedulable-recheck-interval: found -1m0s, must be positive",
			},
		},
		"pools at a rate that is no number": {args: []string{"--sandbox-warm-pool-max-refill-rate=NaN"}, want: []string{"--sandbox-warm-pool-max-refill-rate: found NaN, must be positive, or 0 for no limit"}},
		"pools at an infinite rate":         {args: []string{"--sandbox-warm-pool-max-refill-rate=+Inf"}, want: []string{"--sandbox-warm-pool-max-refill-rate: found +Inf, must be positive, or 0 for no limit"}},
		"some namespaces":                   {args: []string{"--namespaces=team-a, team-b", "--watch-nodes=false"}},
		"an empty list of namespaces": {args: []string{"--namespaces="}, want: []string{
			`--namespaces: found "", must be the name of a namespace: at most 63 small letters, digits and inner dashes`,
		}},
		"a namespace twice":   {args: []string{"--namespaces=a,b,a"}, want: []string{`--namespaces: found "a" twice`}},
		"nameservers of IPv6": {args: []string{"--default-nameservers=2001:4860:4860::8888,fd00::53"}},
		"nameservers that no Pod can ask": {args: []string{"--default-nameservers=dns.google,127.0.0.1"}, want: []string{
			`--default-nameservers: found "dns.google", must be an IP address, such as 8.8.8.8 or 2001:4860:4860::8888`,
			`--default-nameservers: found "127.0.0.1", must be an address at which a Pod can reach a nameserver`,
		}},
		"no nameservers": {args: []string{"--default-nameservers="}, want: []string{
			`--default-nameservers: found "", must be an IP address, such as 8.8.8.8 or 2001:4860:4860::8888`,
		}},
		"taints of nodes": {args: []string{"--node-disruption-taints=example.com/draining,example.org/*, draining"}},
		"taints that no node can have": {args: []string{"--node-disruption-taints=a b,,*"}, want: []string{
			`--node-disruption-taints: found "a b", must be the key of a taint, as example.com/draining, or example.com/* for all keys of a domain`,
			`--node-disruption-taints: found "", must be the key of a taint, as example.com/draining, or example.com/* for all keys of a domain`,
			`--node-disruption-taints: found "*", must be the key of a taint, as example.com/draining, or example.com/* for all keys of a domain`,
		}},
		"a blank name": {args: []string{"--webhook-cert-name= "}, want: []string{"--webhook-cert-name: must not be empty"}},
		"every flag of agent-sandbox, as its manifests have them": {args: []string{
			"--extensions", "--api-connections=4", "--separate-watch-connection", "--cache-label-selectors=true", "--manage-webhook-certs=false",
			"--enable-webhook", "--enable-webhook=true", "--webhook-service-name=x", "--webhook-namespace=y", "--sandbox-write-behind-window=200ms",
			"--disable-claim-events", "--disable-sandbox-events", "--disable-claim-observability-annotations", "--enable-pprof", "--enable-pprof-debug",
			"--pprof-block-profile-rate=-1", "--pprof-mutex-profile-fraction=1",
		}},
		"no admission": {args: []string{"--enable-webhook=false"}, want: []string{
			"--enable-webhook: admission is what keeps a Sandbox from serving two claims: leave this out"}},
		"no connection":     {args: []string{"--api-connections=0"}, want: []string{`--api-connections: found "0", must be at least 1`}},
		"a negative window": {args: []string{"--sandbox-write-behind-window=-1s"}, want: []string{`--sandbox-write-behind-window: found "-1s", must be a duration such as 200ms, and not negative`}},
		"a window in words": {args: []string{"--sandbox-write-behind-window=soon"}, want: []string{`--sandbox-write-behind-window: found "soon", must be a duration such as 200ms, and not negative`}},
		"neither true nor false": {args: []string{"--extensions=maybe", "--enable-webhook=maybe"}, want: []string{
			`--enable-webhook: found "maybe", must be true or false`, `--extensions: found "maybe", must be true or false`}},
		"profiles without metrics": {args: []string{"--enable-pprof", "--metrics-bind-address=0"}, want: []string{
			"--enable-pprof: profiles are served beside the metrics: set --metrics-bind-address, or leave this out"}},
		"no time to end": {args: []string{"--shutdown-delay=10s", "--termination-grace-period=15s"}, want: []string{
			"--termination-grace-period: found 15s, must be at least 16s: what --shutdown-delay says, and 6s to end"}},
		"just time to end": {args: []string{"--shutdown-delay=0s", "--termination-grace-period=6s"}},
		"an election as slow as those of Kubernetes": {args: []string{
			"--leader-election-lease-duration=15s", "--leader-election-renew-deadline=10s", "--leader-election-retry-period=2s"}},
		"an election as fast as it can be": {args: []string{
			"--leader-election-lease-duration=1s", "--leader-election-renew-deadline=900ms", "--leader-election-retry-period=749ms"}},
		"a lease with a fraction of a second": {args: []string{"--leader-election-lease-duration=3500ms"}, want: []string{
			"--leader-election-lease-duration: found 3.5s, must be whole seconds, at least 1s"}},
		"no lease": {args: []string{"--leader-election-lease-duration=0"}, want: []string{
			"--leader-election-lease-duration: found 0s, must be whole seconds, at least 1s",
			"--leader-election-renew-deadline: found 2s, must be less than --leader-election-lease-duration, 0s"}},
		"a renewal that may take as long as the lease": {args: []string{"--leader-election-renew-deadline=3s"}, want: []string{
			"--leader-election-renew-deadline: found 3s, must be less than --leader-election-lease-duration, 3s"}},
		"a renewal that is tried once": {args: []string{"--leader-election-renew-deadline=1200ms", "--leader-election-retry-period=1s"}, want: []string{
			"--leader-election-renew-deadline: found 1.2s, must be more than 1.2s: 1.2 times --leader-election-retry-period"}},
		"a renewal without a pause": {args: []string{"--leader-election-retry-period=0s"}, want: []string{
			"--leader-election-retry-period: found 0s, must be positive"}},
		"everything at once, in one order": {
			args: []string{"--webhook-key-name=", "--kube-api-qps=0", "--sandbox-concurrent-workers=0", "--kube-api-burst=0", "--controller-user=", "x"},
			want: []string{
				`unknown arguments ["x"]: namesake takes flags only`,
				"--kube-api-burst: found 0, must be at least 1", "--sandbox-concurrent-workers: found 0, must be at least 1",
				"--controller-user: must not be empty", "--webhook-key-name: must not be empty",
				"--kube-api-qps: found 0, must be positive, or -1 for no limit",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, rest := parsed(t, tc.args...)
			var got []string
			if err := o.validate(rest); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAllowedLabelDomains(t *testing.T) {
	file := func(content string) string {
		name := filepath.Join(t.TempDir(), "domains")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, tc := range map[string]struct {
		file   string
		want   rules.LabelDomains
		broken string
	}{
		"no file":         {file: labelDomainsFile, want: rules.DefaultLabelDomains},
		"one that is not": {file: filepath.Join(t.TempDir(), "none"), broken: "none: no such file"},
		"a file":          {file: file("example.com,\nsandbox.users.io\n"), want: rules.LabelDomains{"example.com", "sandbox.users.io"}},
		"an empty one":    {file: file("\n"), want: rules.DefaultLabelDomains},
		"what is no list": {file: file("team: blue"), broken: `label domain "team: blue"`},
		"what is no file": {file: t.TempDir(), broken: "--allowed-label-domains-file: read"},
		"none at all":     {file: "", want: rules.DefaultLabelDomains},
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := parsed(t, "--allowed-label-domains-file="+tc.file)
			got, err := o.labelDomains.domains()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("domains (-want +got):\n%s", diff)
			}
			if (err == nil) != (tc.broken == "") || (err != nil && !strings.Contains(err.Error(), tc.broken)) {
				t.Errorf("error %v, want %q", err, tc.broken)
			}
		})
	}
}

func TestFlagsKeepTheDefaults(t *testing.T) {
	o, _ := parsed(t)
	if diff := cmp.Diff(defaults(), o, cmp.AllowUnexported(options{}, labelDomainOptions{}, routerOptions{}, nameserverOptions{}, namespaceOptions{}, namespaceNames{}, nodeOptions{}, profiling{}, callerOptions{}, ignoredFlagValue{})); diff != "" {
		t.Errorf("options (-defaults +parsed):\n%s", diff)
	}
}

func TestRouter(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want rules.Router
	}{
		"as agent-sandbox has it": {want: rules.DefaultRouter()},
		"elsewhere": {
			args: []string{"--router-namespace=default", "--router-labels=app.kubernetes.io/name=sandbox-router,tier=edge"},
			want: rules.Router{Namespace: "default", Labels: map[string]string{"app.kubernetes.io/name": "sandbox-router", "tier": "edge"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := parsed(t, tc.args...)
			got, err := o.router.router()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("router (-want +got):\n%s", diff)
			}
		})
	}
}

// The cache holds what is in the namespaces that are named, and everything if none are.
func TestTheNamespacesOfTheCache(t *testing.T) {
	for text, want := range map[string][]string{"": nil, "--namespaces=a": {"a"}, "--namespaces=b,a": {"a", "b"}} {
		o, _ := parsed(t, strings.Fields(text)...)
		namespaces, err := o.scope.served()
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(maps.Keys(cacheOptions(o, namespaces).DefaultNamespaces)); !cmp.Equal(got, want, cmpopts.EquateEmpty()) {
			t.Errorf("%q: the cache holds %v, want %v", text, got, want)
		}
	}
}

// The flags reach the policies of templates and the Pods of Sandboxes as one network.
func TestNetwork(t *testing.T) {
	o, _ := parsed(t, "--router-namespace=edge", "--default-nameservers=fd00::53, 9.9.9.9")
	said, err := o.policies()
	if err != nil {
		t.Fatal(err)
	}
	want := rules.Network{
		Router:      rules.Router{Namespace: "edge", Labels: rules.DefaultRouter().Labels},
		Nameservers: rules.Nameservers{"fd00::53", "9.9.9.9"},
	}
	if diff := cmp.Diff(want, said.network); diff != "" {
		t.Errorf("network (-want +got):\n%s", diff)
	}
	o, _ = parsed(t)
	if said, err := o.policies(); err != nil || !cmp.Equal(said.network, rules.DefaultNetwork()) {
		t.Errorf("without flags: %v, %v", said.network, err)
	}
}

func TestFlagsAreExplained(t *testing.T) {
	flags := flag.NewFlagSet("namesake", flag.ContinueOnError)
	defaults().addFlags(flags)
	flags.VisitAll(func(f *flag.Flag) {
		if !strings.HasSuffix(f.Usage, ".") {
			t.Errorf("--%s: %q is no sentence", f.Name, f.Usage)
		}
	})
}

// TestFlagsReachTheReconcilers checks that each flag reaches the reconciler that it is about.
func TestFlagsReachTheReconcilers(t *testing.T) {
	type said struct {
		Quiet, Silent, Unnoted             bool
		Domain                             string
		Batch                              int
		Sandboxes, Claims, Pools, Template int
	}
	for name, tc := range map[string]struct {
		args []string
		want said
	}{
		"none": {want: said{Domain: "cluster.local", Batch: 128, Sandboxes: 100, Claims: 50, Pools: 4, Template: 10}},
		"all": {
			args: []string{
				"--disable-claim-events", "--disable-sandbox-events", "--disable-claim-observability-annotations=false", "--cluster-domain=k8s.example.com",
				"--sandbox-warm-pool-max-batch-size=2", "--sandbox-concurrent-workers=3", "--sandbox-claim-concurrent-workers=4",
				"--sandbox-warm-pool-concurrent-workers=5", "--sandbox-template-concurrent-workers=6",
			},
			want: said{Quiet: true, Silent: true, Domain: "k8s.example.com", Batch: 2, Sandboxes: 3, Claims: 4, Pools: 5, Template: 6},
		},
		"claims without annotations": {
			args: []string{"--disable-claim-observability-annotations"},
			want: said{Unnoted: true, Domain: "cluster.local", Batch: 128, Sandboxes: 100, Claims: 50, Pools: 4, Template: 10},
		},
	} {
		o, _ := parsed(t, tc.args...)
		r := o.reconcilers()
		got := said{
			r.DisableClaimEvents, r.DisableSandboxEvents, r.DisableClaimAnnotations, r.ClusterDomain, r.PoolSettings.Refill.Batch, r.SandboxController.MaxConcurrentReconciles,
			r.ClaimController.MaxConcurrentReconciles, r.PoolController.MaxConcurrentReconciles, r.TemplateController.MaxConcurrentReconciles,
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
