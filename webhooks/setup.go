package webhooks

import (
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/tracing"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// +kubebuilder:webhookconfiguration:mutating=true,name=namesake
// +kubebuilder:webhookconfiguration:mutating=false,name=namesake

// Options are what the webhooks work with. All fields are required, except Tracer.
type Options struct {
	// Scheme knows the kinds of this project.
	Scheme *runtime.Scheme
	// Cache is read first. It has the indexes that Index adds.
	Cache client.Reader
	// Live is read if the cache does not have what an object refers to, which may be a millisecond old.
	Live client.Reader
	// LeftOut are the namespaces that Cache does not have, since the manager has no rights there.
	LeftOut []string
	// DryRun asks the API server whether it would take an object, and creates nothing.
	DryRun DryRunner
	// LabelDomains are the domains of labels that claims may add to their Pods.
	LabelDomains rules.LabelDomains
	// Nameservers are those of Pods whose template leaves them to the operator.
	Nameservers rules.Nameservers
	// Candidates are the warm Sandboxes that a new claim is bound to.
	Candidates *candidates.Index
	// Traffic is told of claims that are on their way. It may be nil.
	Traffic *yield.Traffic
	// ControllerUser is the user name of the controller's own service account.
	ControllerUser string
	// Tracer traces claims from their admission on. It is nil if nothing is traced, and the only field that may be nil.
	Tracer *tracing.Tracer
	// Metrics counts the decisions.
	Metrics *metrics.Admission
	// Now returns the current time.
	Now func() time.Time
}

// Server is what serves the webhooks.
type Server interface {
	Register(path string, hook http.Handler)
}

// Register adds every webhook to server, each under the path that its marker has.
func Register(server Server, o Options) {
	o.Cache = servedReader{Reader: o.Cache, leftOut: o.LeftOut}
	sandboxes := lookup[sandboxv1.Sandbox, *sandboxv1.Sandbox]{cache: o.Cache, live: o.Live}
	claims := lookup[extensionsv1.SandboxClaim, *extensionsv1.SandboxClaim]{cache: o.Cache, live: o.Live}
	pools := lookup[extensionsv1.SandboxWarmPool, *extensionsv1.SandboxWarmPool]{cache: o.Cache, live: o.Live}
	templates := lookup[extensionsv1.SandboxTemplate, *extensionsv1.SandboxTemplate]{cache: o.Cache, live: o.Live}
	actor := func(req admission.Request) rules.Actor {
		return rules.ActorFor(req.UserInfo.Username, o.ControllerUser)
	}
	requests := claimRequests{sandboxes: sandboxes, pools: pools, templates: templates, domains: o.LabelDomains}

	handle := func(path string, handler admission.Handler) {
		server.Register(path, &admission.Webhook{Handler: withMetrics(path, withLimits(path, handler), o.Metrics)})
	}
	validate := func(path string, webhook *admission.Webhook) { handle(path, webhook.Handler) }
	handle("/mutate-pod", &podMutator{sandboxes: sandboxes})
	handle("/validate-pod", &podValidator{sandboxes: sandboxes, actor: actor})
	handle("/mutate-sandbox", &sandboxMutator{actor: actor})
	handle("/mutate-sandboxclaim", &claimMutator{
		actor: actor, claims: claims, requests: requests, candidates: o.Candidates, traffic: o.Traffic, tracer: o.Tracer, now: o.Now,
	})
	validate("/validate-sandbox", admission.WithValidator(o.Scheme, check[*sandboxv1.Sandbox](
		(&sandboxValidator{claims: claims, sandboxes: sandboxes, actor: actor}).check)))
	validate("/validate-sandboxclaim", admission.WithValidator(o.Scheme, check[*extensionsv1.SandboxClaim](
		(&claimValidator{sandboxes: sandboxes, requests: requests, actor: actor}).check)))
	validate("/validate-sandboxclaim-status", admission.WithValidator(o.Scheme, check[*extensionsv1.SandboxClaim](
		(&claimStatusValidator{actor: actor}).check)))
	validate("/validate-sandboxtemplate", admission.WithValidator(o.Scheme, check[*extensionsv1.SandboxTemplate](
		(&templateValidator{dryRun: boundDryRuns(o.DryRun), patience: trialTime, templates: templates, nameservers: o.Nameservers}).check)))
	validate("/validate-sandboxwarmpool", admission.WithValidator(o.Scheme, check[*extensionsv1.SandboxWarmPool](
		(&poolValidator{templates: templates}).check)))
}
