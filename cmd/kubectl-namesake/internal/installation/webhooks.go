package installation

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// ownWebhooks are the names of the webhooks of config/webhook, without ownNames. A test compares them.
var ownWebhooks = []string{
	"pod.mutate", "pod.validate", "probe.sandbox", "sandbox.mutate", "sandbox.validate", "sandboxclaim-status.validate",
	"sandboxclaim.mutate", "sandboxclaim.validate", "sandboxtemplate.validate", "sandboxwarmpool.validate",
}

// judgeWebhooks says whether the API server asks the webhooks, and gets an answer. An answer counts more than all else: it also tells
// that the certificate is trusted, and that the network lets the call through.
func judgeWebhooks(f *Facts) []Finding {
	if f.Sees(seeWebhooks) && len(f.webhooks()) == 0 {
		return []Finding{withoutWebhooks(f)}
	}
	var findings []Finding
	if f.Probe.Tried && f.Probe.Accepts != nil {
		findings = append(findings, unanswered(f))
	} else {
		findings = append(findings, judgeEndpoints(f)...)
	}
	if f.Sees(seeWebhooks) {
		findings = append(findings, judgeConfigurations(f)...)
	}
	if f.Probe.Tried && f.Probe.Accepts == nil {
		says := "the webhooks answer the API server in namespace %s (dry run)"
		if !f.Sees(seeWebhooks) {
			says = "whatever webhooks there are answer the API server in namespace %s (dry run)"
		}
		findings = append(findings, Finding{Part: PartWebhooks, Level: OK, Says: fmt.Sprintf(says, f.Probe.Namespace)})
	}
	return findings
}

// withoutWebhooks says whether the webhooks are off on purpose.
func withoutWebhooks(f *Facts) Finding {
	const says = "there are no webhooks: policies alone refuse what an object shows by itself, and the controller binds claims"
	if value, has := f.argument("webhooks"); has && value == "false" {
		return Finding{Part: PartWebhooks, Level: OK, Says: says + " (--webhooks=false)"}
	}
	return Finding{Part: PartWebhooks, Level: Warn, Says: says, Advice: "if that is not meant, " + reinstall}
}

// unanswered says why a dry run had no answer, in which a webhook of Namesake's own is asked.
func unanswered(f *Facts) Finding {
	service := "namesake-webhook"
	if hooks := f.webhooks(); len(hooks) > 0 && hooks[0].client.Service != nil {
		service = hooks[0].client.Service.Name
	}
	finding := Finding{
		Part: PartWebhooks, Level: Fail, Stops: StopsWrites,
		Command: fmt.Sprintf("kubectl --namespace %s get deployments,pods,endpointslices", f.Namespace),
	}
	words := brief(f.Probe.Accepts.Error())
	switch empty := emptyServices(f); {
	case len(empty) > 0:
		finding.Says = fmt.Sprintf("the webhooks do not answer: Service %s has no ready endpoints: no manager is behind it", strings.Join(empty, ", "))
		finding.Advice = "bring the managers back, or see whether the Service selects their labels"
	case strings.Contains(words, "certificate has expired"):
		finding.Part = PartCertificate
		finding.Says = "the webhooks' certificate has expired: " + words
		finding.Command = fmt.Sprintf("kubectl --namespace %s describe certificate %s", f.Namespace, servingCertificate)
		finding.Advice = "see why cert-manager did not renew it: its Issuer, its Pods, its log; " +
			"without cert-manager, renew the Secret of the certificate"
	case strings.Contains(words, "x509: "):
		finding.Part = PartCertificate
		finding.Says = "the API server does not trust the webhooks' certificate: " + words
		finding.Command = fmt.Sprintf("kubectl --namespace %s describe certificate %s", f.Namespace, servingCertificate)
		finding.Advice = "the caBundle of the webhook configurations has to verify it: " +
			"see cert-manager's cainjector, or webhook.caBundle of the chart"
	case strings.Contains(words, "no endpoints available"):
		finding.Says = fmt.Sprintf("Service %s/%s has no endpoints: no manager is behind it: %s", f.Namespace, service, words)
		finding.Advice = "bring the managers back, or see whether the Service selects their labels"
	case strings.Contains(words, "failed calling webhook"):
		finding.Says = "the webhooks do not answer: " + words
		finding.Advice = "bring the managers back; if they run, look at network policies and firewalls between the API server and their port 9443"
	default:
		finding.Stops = ""
		finding.Says = fmt.Sprintf("a dry run in namespace %s was not answered as it should be: %s", f.Probe.Namespace, words)
	}
	return finding
}

// judgeEndpoints says whether a manager is behind each Service, where no dry run tells. An API server that answers one may still have a
// connection to a manager that is about to go.
func judgeEndpoints(f *Facts) []Finding {
	empty := emptyServices(f)
	if len(empty) == 0 {
		return nil
	}
	finding := Finding{
		Part: PartWebhooks, Level: Fail, Stops: StopsWrites,
		Says:    fmt.Sprintf("Service %s has no ready endpoints", strings.Join(empty, ", ")),
		Command: fmt.Sprintf("kubectl --namespace %s get deployments,pods,endpointslices", f.Namespace),
		Advice:  "bring the managers back, or see whether the Service selects their labels",
	}
	if f.Probe.Tried && f.Probe.Accepts == nil {
		finding.Level, finding.Stops = Warn, ""
	}
	return []Finding{finding}
}

// emptyServices returns the Services of the webhooks without a manager behind them, as NAMESPACE/NAME. What is behind an ExternalName is
// not to be seen.
func emptyServices(f *Facts) []string {
	var empty []string
	for i := range f.Services {
		service := &f.Services[i]
		if service.Spec.Type != corev1.ServiceTypeExternalName && f.Sees(seeEndpoints) && !hasReady(f.Slices, service.Name) {
			empty = append(empty, service.Namespace+"/"+service.Name)
		}
	}
	return empty
}

func hasReady(slicesOfAll []discoveryv1.EndpointSlice, service string) bool {
	return slices.ContainsFunc(slicesOfAll, func(slice discoveryv1.EndpointSlice) bool {
		return slice.Labels[discoveryv1.LabelServiceName] == service && slices.ContainsFunc(slice.Endpoints, func(e discoveryv1.Endpoint) bool {
			return e.Conditions.Ready == nil || *e.Conditions.Ready
		})
	})
}

// judgeConfigurations says whether all webhooks are there, and refuse if they do not answer.
func judgeConfigurations(f *Facts) []Finding {
	hooks := f.webhooks()
	var missing, open []string
	for _, name := range ownWebhooks {
		if !slices.ContainsFunc(hooks, func(w webhook) bool { return w.name == name+ownNames }) {
			missing = append(missing, name+ownNames)
		}
	}
	for _, hook := range hooks {
		if hook.policy != nil && *hook.policy == admissionv1.Ignore {
			open = append(open, hook.name)
		}
	}
	var findings []Finding
	if len(missing) > 0 {
		findings = append(findings, Finding{
			Part: PartWebhooks, Level: Fail, Says: "missing: " + strings.Join(missing, ", "),
			Command: "kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations",
			Advice:  reinstall,
		})
	}
	if len(open) > 0 {
		findings = append(findings, Finding{
			Part: PartWebhooks, Level: Fail,
			Says:    "failurePolicy is Ignore: while no manager answers, nothing is enforced by " + strings.Join(open, ", "),
			Command: "kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations",
			Advice:  "install the webhook configurations again, whose failurePolicy is Fail",
		})
	}
	if len(findings) == 0 {
		findings = append(findings, Finding{
			Part: PartWebhooks, Level: OK, Says: fmt.Sprintf("all %d are configured, with failurePolicy Fail", len(hooks)),
		})
	}
	return findings
}
