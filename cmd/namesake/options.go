package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/election"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// options are the flags that an operator may have a reason to change.
type options struct {
	metricsAddress string
	probeAddress   string

	leaderElect          bool
	leaderElectNamespace string
	election             election.Timings
	controllerUser       string
	clusterDomain        string

	webhooks        bool
	webhookPort     int
	webhookCertDir  string
	webhookCertName string
	webhookKeyName  string
	webhookConfig   string
	certificate     string
	callers         callerOptions
	shutdownDelay   time.Duration
	gracePeriod     time.Duration
	labelDomains    labelDomainOptions

	qps   float64
	burst int

	sandboxWorkers  int
	claimWorkers    int
	poolWorkers     int
	templateWorkers int

	pool        rules.PoolSettings
	router      routerOptions
	nameservers nameserverOptions
	scope       namespaceOptions
	nodes       nodeOptions

	auditInterval time.Duration

	tracing                 bool
	claimsFirst             bool
	disableClaimEvents      bool
	disableSandboxEvents    bool
	disableClaimAnnotations bool

	profiling profiling
	ignored   ignoredFlagValues
}

func defaults() *options {
	return &options{
		metricsAddress:  ":8080",
		probeAddress:    ":8081",
		leaderElect:     true,
		election:        defaultElection(),
		clusterDomain:   "cluster.local",
		controllerUser:  "system:serviceaccount:namesake-system:namesake",
		webhooks:        true,
		webhookPort:     9443,
		webhookCertDir:  "/tmp/k8s-webhook-server/serving-certs",
		webhookCertName: "tls.crt",
		webhookKeyName:  "tls.key",
		webhookConfig:   "namesake",
		shutdownDelay:   5 * time.Second,
		gracePeriod:     30 * time.Second,
		labelDomains:    defaultLabelDomains(),
		qps:             -1,
		burst:           10,
		sandboxWorkers:  100,
		claimWorkers:    50,
		claimsFirst:     true,
		poolWorkers:     4,
		pool:            defaultPoolSettings(),
		templateWorkers: 10,
		router:          defaultRouter(),
		nameservers:     defaultNameservers(),
		scope:           namespaceOptions{watchNodes: true},
		auditInterval:   defaultAuditInterval,
		profiling:       profiling{blockRate: 1000000, mutexRate: 10},
		ignored:         newIgnoredFlags(),
	}
}

func (o *options) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", o.metricsAddress, `Address that metrics are served on; "0" for none.`)
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", o.probeAddress, "Address that /healthz and /readyz are served on.")
	o.addElectionFlags(flags)
	flags.StringVar(&o.controllerUser, "controller-user", o.controllerUser,
		"User name of the manager's own service account: the only one that may write owners, bindings and reserved labels.")
	flags.StringVar(&o.clusterDomain, "cluster-domain", o.clusterDomain, "Domain of the cluster's DNS, for the full names of Sandboxes' Services.")
	flags.BoolVar(&o.webhooks, "webhooks", o.webhooks,
		"Serve the webhooks. Without them the API server enforces what its policies can, and claims are bound by the controller.")
	flags.IntVar(&o.webhookPort, "webhook-port", o.webhookPort, "Port that admission is served on.")
	flags.StringVar(&o.webhookCertDir, "webhook-cert-dir", o.webhookCertDir, "Folder of the serving certificate, which is read again when it changes.")
	flags.StringVar(&o.webhookCertName, "webhook-cert-name", o.webhookCertName, "File of the certificate in that folder.")
	flags.StringVar(&o.webhookKeyName, "webhook-key-name", o.webhookKeyName, "File of its key.")
	flags.StringVar(&o.webhookConfig, "webhook-configuration", o.webhookConfig,
		"Name of the webhook configurations: the manager is ready when their caBundle verifies its certificate.")
	flags.StringVar(&o.certificate, "certificate", o.certificate,
		"NAMESPACE/NAME of the cert-manager Certificate behind the serving certificate, to say why it is not there; empty where it is not cert-manager's.")
	o.callers.addFlags(flags)
	flags.DurationVar(&o.shutdownDelay, "shutdown-delay", o.shutdownDelay,
		"How long to go on serving, as not ready, when told to stop: until the cluster has taken the replica out of the Service.")
	flags.DurationVar(&o.gracePeriod, "termination-grace-period", o.gracePeriod,
		"The Pod's terminationGracePeriodSeconds: the manager ends before it, with what was left to do or without.")
	o.labelDomains.addFlags(flags)
	flags.Float64Var(&o.qps, "kube-api-qps", o.qps, "Requests a second to the API server, of all kinds together but for the Lease; -1 for no limit but the API server's own.")
	flags.IntVar(&o.burst, "kube-api-burst", o.burst, "Requests at once beyond --kube-api-qps.")
	flags.IntVar(&o.sandboxWorkers, "sandbox-concurrent-workers", o.sandboxWorkers, "Sandboxes reconciled at a time.")
	flags.IntVar(&o.claimWorkers, "sandbox-claim-concurrent-workers", o.claimWorkers, "Claims reconciled at a time.")
	flags.IntVar(&o.poolWorkers, "sandbox-warm-pool-concurrent-workers", o.poolWorkers, "Pools reconciled at a time.")
	addPoolFlags(flags, &o.pool)
	flags.IntVar(&o.templateWorkers, "sandbox-template-concurrent-workers", o.templateWorkers, "Templates reconciled at a time.")
	o.router.addFlags(flags)
	o.nameservers.addFlags(flags)
	o.scope.addFlags(flags)
	o.nodes.addFlags(flags)
	flags.BoolVar(&o.tracing, "enable-tracing", o.tracing,
		"Send traces as OTLP over gRPC, to where the OTEL_ variables of the environment say: one write more for each Sandbox.")
	flags.BoolVar(&o.claimsFirst, "claims-first", o.claimsFirst,
		"Let refills, labels of Pods, statuses of pools and events wait for claims that are on their way, for a second at the most.")
	flags.BoolVar(&o.disableClaimEvents, "disable-claim-events", o.disableClaimEvents,
		"Write no events about claims: one write less for each.")
	flags.BoolVar(&o.disableSandboxEvents, "disable-sandbox-events", o.disableSandboxEvents,
		"Write no events about Sandboxes: two writes less for each that is not in a pool.")
	flags.BoolVar(&o.disableClaimAnnotations, "disable-claim-observability-annotations", o.disableClaimAnnotations,
		"Do not note on a claim when it was first Ready: one write less for each. Its startup is then measured whenever it turns Ready.")
	o.addAuditFlags(flags)
	o.profiling.addFlags(flags)
	o.ignored.addFlags(flags)
}

// validate returns every problem with the flags, and with the arguments that are left.
func (o *options) validate(rest []string) error {
	var errs []error
	if len(rest) > 0 {
		errs = append(errs, fmt.Errorf("unknown arguments %q: namesake takes flags only", rest))
	}
	counts := map[string]int{
		"kube-api-burst": o.burst, "sandbox-concurrent-workers": o.sandboxWorkers,
		"sandbox-claim-concurrent-workers": o.claimWorkers, "sandbox-warm-pool-concurrent-workers": o.poolWorkers,
		"sandbox-template-concurrent-workers": o.templateWorkers,
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] <= 0 {
			errs = append(errs, fmt.Errorf("--%s: found %d, must be at least 1", name, counts[name]))
		}
	}
	if o.webhookPort < 1 || o.webhookPort > 65535 {
		errs = append(errs, fmt.Errorf("--webhook-port: found %d, must be 1 to 65535", o.webhookPort))
	}
	texts := map[string]string{
		"webhook-cert-dir": o.webhookCertDir, "webhook-cert-name": o.webhookCertName,
		"webhook-key-name": o.webhookKeyName, "controller-user": o.controllerUser, "webhook-configuration": o.webhookConfig,
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if strings.TrimSpace(texts[name]) == "" {
			errs = append(errs, fmt.Errorf("--%s: must not be empty", name))
		}
	}
	if problems := validation.IsDNS1123Subdomain(o.clusterDomain); len(problems) > 0 {
		errs = append(errs, fmt.Errorf("--cluster-domain: found %q, must be a domain name such as cluster.local", o.clusterDomain))
	}
	if _, err := o.certificateKey(); err != nil {
		errs = append(errs, err)
	}
	if _, err := o.router.router(); err != nil {
		errs = append(errs, err)
	}
	if _, err := o.nameservers.nameservers(); err != nil {
		errs = append(errs, err)
	}
	if _, err := o.scope.served(); err != nil {
		errs = append(errs, err)
	}
	if _, err := o.nodes.taints(); err != nil {
		errs = append(errs, err)
	}
	errs = append(append(errs, o.checkRate(), o.checkShutdown(), o.checkAudit(), checkElection(o.election)), checkPoolSettings(o.pool)...)
	return errors.Join(append(errs, o.profiling.validate(o.metricsAddress), o.callers.validate(), o.ignored.validate())...)
}

func (o *options) checkRate() error {
	if qps := float32(o.qps); o.qps != -1 && (!(qps > 0) || qps > math.MaxFloat32) { // NaN is not greater than anything.
		return fmt.Errorf("--kube-api-qps: found %v, must be positive, or -1 for no limit", o.qps)
	}
	return nil
}

// lastTimeout bounds how long a manager takes after everything that it runs has ended. It then sends the spans that are left,
// for sendTimeout at most, and ends, on a node that may be busy.
const lastTimeout = 5 * time.Second

// shutdownTimeout returns how long everything that runs has to end, once the replica has drained.
func (o *options) shutdownTimeout() time.Duration {
	return o.gracePeriod - o.shutdownDelay - lastTimeout
}

func (o *options) checkShutdown() error {
	switch {
	case o.shutdownDelay < 0:
		return fmt.Errorf("--shutdown-delay: found %s, must not be negative", o.shutdownDelay)
	case o.shutdownTimeout() < time.Second:
		return fmt.Errorf("--termination-grace-period: found %s, must be at least %s: what --shutdown-delay says, and %s to end",
			o.gracePeriod, o.shutdownDelay+lastTimeout+time.Second, lastTimeout+time.Second)
	}
	return nil
}

// certificateKey returns the key that --certificate names. Its name is empty if the flag is empty.
func (o *options) certificateKey() (client.ObjectKey, error) {
	if o.certificate == "" {
		return client.ObjectKey{}, nil
	}
	namespace, name, ok := strings.Cut(o.certificate, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return client.ObjectKey{}, fmt.Errorf("--certificate: found %q, must be NAMESPACE/NAME", o.certificate)
	}
	return client.ObjectKey{Namespace: namespace, Name: name}, nil
}

// ownNamespace returns the namespace of the manager's service account, or default if --controller-user is no service
// account.
func (o *options) ownNamespace() string {
	if parts := strings.Split(o.controllerUser, ":"); len(parts) == 4 && parts[1] == "serviceaccount" {
		return parts[2]
	}
	return metav1.NamespaceDefault
}
