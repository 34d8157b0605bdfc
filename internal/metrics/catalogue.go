package metrics

// These labels belong to several metrics.
var (
	namespace  = Label{"namespace", "Namespace of the claim, Sandbox or pool."}
	launchType = Label{"launch_type", "`warm`: the Sandbox came out of a pool. `cold`: it was created for the claim. `unknown`: it is no longer there to tell."}
	template   = Label{"sandbox_template", "Name of the SandboxTemplate. `__unknown__` where a claim's Sandbox names none, `unknown` in `agent_sandboxes`."}
	poolName   = Label{"warmpool_name", "Name of the SandboxWarmPool; of a cold claim the one that it names, or `none`."}
	createdBy  = Label{"created_by", "`go-client`, `python-client`, `controller` or `unknown`, by the label `agents.x-k8s.io/created-by`."}
	webhook    = Label{"webhook", "Path of the webhook, as `/validate-sandbox`; the same as in `controller_runtime_webhook_latency_seconds`."}
)

// A claim's startup is measured once, when the claim is first Ready.
var (
	startupLabels  = []Label{launchType, template}
	startupBuckets = []float64{
		5, 10, 20, 30, 50, 75, 100, 250, 500, 750, 1000, 1250, 1500, 2000, 2500, 5000, 10000, 30000, 60000, 120000, 240000,
	}

	webhookStartup = Definition{
		Name: "agent_sandbox_claim_startup_latency_ms", Type: Histogram, Labels: startupLabels, Buckets: startupBuckets,
		Help: "Milliseconds from the moment that an admission webhook of the cluster's own noted in the claim's annotation " +
			"agents.x-k8s.io/webhook-first-observed-at, where there is one, until the claim was first Ready.",
	}
	controllerStartup = Definition{
		Name: "agent_sandbox_claim_controller_startup_latency_ms", Type: Histogram, Labels: startupLabels, Buckets: startupBuckets,
		Help: "Milliseconds from the moment that Namesake first saw a claim, at its admission, until the status that shows it Ready was written.",
	}
	clientStartup = Definition{
		Name: "agent_sandbox_client_claim_startup_latency_ms", Type: Histogram, Labels: startupLabels, Buckets: startupBuckets,
		Help: "Milliseconds from the moment that a client noted in the claim's annotation agents.x-k8s.io/client-first-requested-at, " +
			"by its own clock, until the claim was first Ready.",
	}
	sandboxCreation = Definition{
		Name: "agent_sandbox_creation_latency_ms", Type: Histogram, Labels: []Label{namespace, launchType, template},
		Buckets: []float64{50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 120000, 240000, 300000, 600000},
		Help: "Milliseconds, in whole seconds, from a Sandbox's creation until it turned Ready; of warm ones that time passed in the pool. " +
			"Measured when its claim is first Ready.",
	}
)

// These metrics count what claims got.
var (
	provisions = Definition{
		Name: "agent_sandbox_claim_creation_total", Type: Counter,
		Labels: []Label{namespace, template, launchType, poolName, {"pod_condition", "`ready` if the Sandbox was Ready when the claim got it, else `not_ready`."}, createdBy},
		Help:   "Sandboxes that were adopted by claims or created for them.",
	}
	conflicts = Definition{
		Name: "namesake_binding_conflicts_total", Type: Counter, Labels: []Label{namespace},
		Help: "Bindings of claims that had to be rewritten, since the Sandbox went to another claim or was deleted before it was adopted.",
	}
)

// These metrics count what exists. The leading manager counts it at each scrape, from its cache.
var (
	sandboxes = Definition{
		Name: "agent_sandboxes", Type: Gauge, Help: "Sandboxes that there are.",
		Labels: []Label{
			namespace, {"ready_condition", "`true` or `false`, as the Sandbox's Ready condition."},
			{"expired", "`true` once the Sandbox's shutdownTime has passed, else `false`."}, launchType, template,
			{"owned_by", "`SandboxClaim`, `SandboxWarmPool` or `None`."}, createdBy,
			{"operating_mode", "`Running` or `Suspended`, as the Sandbox's spec.operatingMode."},
		},
	}
	poolDesired = Definition{
		Name: "namesake_warmpool_desired_replicas", Type: Gauge, Labels: []Label{namespace, poolName},
		Help: "Sandboxes that a pool should have: its spec.replicas.",
	}
	poolReplicas = Definition{
		Name: "namesake_warmpool_replicas", Type: Gauge, Labels: []Label{namespace, poolName},
		Help: "Sandboxes that a pool has, Ready or not: its status.replicas.",
	}
	poolReady = Definition{
		Name: "namesake_warmpool_ready_replicas", Type: Gauge, Labels: []Label{namespace, poolName},
		Help: "Sandboxes of a pool that are Ready: its status.readyReplicas.",
	}
	poolAvailable = Definition{
		Name: "namesake_warmpool_available_replicas", Type: Gauge, Labels: []Label{namespace, poolName},
		Help: "Sandboxes of a pool that the next claim could get: Ready, not picked for another claim, and not on a node that is cordoned or about to go.",
	}
	claims = Definition{
		Name: "namesake_claims", Type: Gauge, Help: "Claims that there are.",
		Labels: []Label{
			namespace, {"ready", "`true` or `false`, as the claim's Ready condition."},
			{"reason", "Reason of the claim's Ready condition, or `Pending` before it has one. See [troubleshooting.md](troubleshooting.md)."},
		},
	}
)

// policyMissing counts templates. The leading manager counts it at each scrape, from its cache.
var policyMissing = Definition{
	Name: "namesake_networkpolicy_missing", Type: Gauge, Labels: []Label{namespace, template},
	Help: "1 for a SandboxTemplate whose NetworkPolicy is not as it should be: no new Pod of it is created, and earlier Pods may be open. " +
		"Also 1 for one that is gone together with its policy while a Sandbox waits for it. Not there for every other one.",
}

// These metrics are about what cannot be. The leading manager looks for it.
var (
	check      = Label{"check", "The check, as [audit.md](audit.md) has it."}
	violations = Definition{
		Name: "namesake_audit_violations", Type: Gauge, Labels: []Label{check},
		Help: "Objects that break the guarantee, by the check that found them. Always there for each check, and always 0. Not there with --audit-interval=0.",
	}
	warnings = Definition{
		Name: "namesake_audit_warnings", Type: Gauge, Labels: []Label{check},
		Help: "Objects that are left over, lost or out of date, by the check that found them. Not there with --audit-interval=0.",
	}
	audited = Definition{
		Name: "namesake_audit_last_timestamp_seconds", Type: Gauge,
		Labels: []Label{{"look", "`cache`: at what the manager's cache shows. `list`: at what the API server itself has."}},
		Help:   "Time, in seconds since the epoch, of the last audit that saw everything. Only the manager that leads has it.",
	}
)

// These metrics are about admission, and every manager has its own.
var (
	decisions = Definition{
		Name: "namesake_admission_decisions_total", Type: Counter,
		Labels: []Label{
			webhook, {"decision", "`allowed`, `refused`, or `error`: no decision was possible."},
			{"rule", "The rule that refused; empty otherwise. See [below](#rules)."},
		},
		Help: "Requests that a webhook has answered.",
	}
	admissionErrors = Definition{
		Name: "namesake_admission_errors_total", Type: Counter, Labels: []Label{webhook},
		Help: "Requests that a webhook could not decide on; the API server refuses what they asked for.",
	}
)

// These metrics are about the program itself.
var (
	leader = Definition{
		Name: "namesake_leader", Type: Gauge,
		Help: "1 if this manager reconciles, else 0. One of several does, or each if leader election is off.",
	}
	// CertificateExpiry is when the serving certificate expires.
	CertificateExpiry = Definition{
		Name: "namesake_webhook_certificate_expiry_timestamp_seconds", Type: Gauge,
		Help: "Time, in seconds since the epoch, at which the certificate that admission is served with ends.",
	}
	// AuthorityExpiry is when the authority that signed the serving certificate expires.
	AuthorityExpiry = Definition{
		Name: "namesake_webhook_ca_expiry_timestamp_seconds", Type: Gauge,
		Help: "Time, in seconds since the epoch, at which the authority in the webhook configurations' caBundle ends.",
	}
	// Trusted is whether the API server trusts the serving certificate.
	Trusted = Definition{
		Name: "namesake_webhook_trusted", Type: Gauge,
		Help: "1 if the caBundle of every webhook verifies the certificate that admission is served with, else 0.",
	}
	// CertificateIssued is whether cert-manager has issued the serving certificate and keeps it up to date.
	CertificateIssued = Definition{
		Name: "namesake_webhook_certificate_issued", Type: Gauge,
		Help: "1 if cert-manager has issued the serving certificate and keeps it up to date, else 0. Not there without cert-manager.",
	}
	unreadable = Definition{
		Name: "namesake_unreadable_objects", Type: Gauge,
		Labels: []Label{{"kind", "`Sandbox`, `SandboxClaim`, `SandboxTemplate` or `SandboxWarmPool`."}},
		Help:   "Objects that are stored, cannot be read, and are left out until they can. Every manager has its own count; its log names them.",
	}
	leftOut = Definition{
		Name: "namesake_namespace_left_out", Type: Gauge,
		Labels: []Label{{"namespace", "A namespace that `--namespaces` names."}},
		Help: "1 for a namespace that this manager was to serve and leaves out, since it may not list and watch everything there. " +
			"Not there for every other one.",
	}
	build = Definition{
		Name: "agent_sandbox_build_info", Type: Gauge, Help: "Always 1: the labels say what the program was built of.",
		Labels: []Label{
			{"git_version", "Version of the release."}, {"git_commit", "Commit, or `unknown` in a reproducible image: its version says it."},
			{"build_date", "Date of that commit, or `unknown`: the same source makes the same program on any day."},
			{"go_version", "Version of Go."}, {"compiler", "Go compiler."}, {"platform", "Operating system and architecture."},
		},
	}
)

// All returns every metric of Namesake's own, in the order in which the documentation explains them.
func All() []Definition {
	return []Definition{
		controllerStartup, clientStartup, webhookStartup, sandboxCreation, provisions, conflicts,
		sandboxes, claims, poolDesired, poolReplicas, poolReady, poolAvailable, policyMissing,
		violations, warnings, audited,
		decisions, admissionErrors,
		leader, CertificateExpiry, AuthorityExpiry, Trusted, CertificateIssued, unreadable, leftOut, build,
	}
}
