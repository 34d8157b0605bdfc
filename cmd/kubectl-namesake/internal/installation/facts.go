package installation

import (
	"strings"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// ownNames ends the names of Namesake's webhooks and policies.
const ownNames = ".namesake.agents.x-k8s.io"

// Facts are what Read saw of an installation. What is missing there does not exist, unless Unseen says that nobody could look.
type Facts struct {
	Now time.Time
	// Namespace is the managers'.
	Namespace string
	// PluginVersion is this program's version.
	PluginVersion string

	Definitions []apiextensionsv1.CustomResourceDefinition
	Mutating    []admissionv1.MutatingWebhookConfiguration
	Validating  []admissionv1.ValidatingWebhookConfiguration
	// Services are those by which the API server reaches the webhooks, and Slices are their endpoints.
	Services []corev1.Service
	Slices   []discoveryv1.EndpointSlice
	// Policies and Bindings are nil where the API server has no ValidatingAdmissionPolicies.
	Policies     []admissionv1.ValidatingAdmissionPolicy
	Bindings     []admissionv1.ValidatingAdmissionPolicyBinding
	HasPolicies  bool
	Deployments  []appsv1.Deployment
	Pods         []corev1.Pod
	Certificates []certmanagerv1.Certificate
	Leader       Leader
	Probe        Probe
	// Others are other controllers for the same objects.
	Others []objects.Manager
	Unseen []Unseen
}

// Leader is what the Lease of the election says.
type Leader struct {
	// Lease is its namespace and name. Exists says whether it is there.
	Lease  string
	Exists bool
	Holder string
	// Renewed is when the holder last renewed it, by the holder's clock.
	Renewed time.Time
	// Fresh says that the Lease has not ended, or that somebody was seen to renew it.
	Fresh bool
}

// Probe is what the API server answered to dry runs.
type Probe struct {
	Namespace string
	// Tried says that both were asked. Why not is in Unseen.
	Tried bool
	// Accepts is the answer to a Sandbox that nothing of Namesake's refuses: nil if the webhooks answered.
	Accepts error
	// Refuses is what is wrong with the answer to a Sandbox that Namesake refuses: nil if it was refused as it should be.
	Refuses error
}

// Unseen is a kind of objects that could not be read, and why.
type Unseen struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Sees reports whether nothing kept Read from seeing what.
func (f *Facts) Sees(what string) bool {
	for _, unseen := range f.Unseen {
		if unseen.What == what {
			return false
		}
	}
	return true
}

// webhook is one of Namesake's webhooks, of either kind.
type webhook struct {
	name       string
	client     admissionv1.WebhookClientConfig
	policy     *admissionv1.FailurePolicyType
	namespaces namespaceSelector
}

// isProbe reports whether the webhook is the one that only a manager's own test is sent to.
func (w *webhook) isProbe() bool { return strings.HasPrefix(w.name, "probe.") }

// webhooks returns all of Namesake's webhooks, in the order of their configurations.
func (f *Facts) webhooks() []webhook {
	var all []webhook
	for i := range f.Mutating {
		for j := range f.Mutating[i].Webhooks {
			w := &f.Mutating[i].Webhooks[j]
			if strings.HasSuffix(w.Name, ownNames) {
				all = append(all, webhook{w.Name, w.ClientConfig, w.FailurePolicy, w.NamespaceSelector})
			}
		}
	}
	for i := range f.Validating {
		for j := range f.Validating[i].Webhooks {
			w := &f.Validating[i].Webhooks[j]
			if strings.HasSuffix(w.Name, ownNames) {
				all = append(all, webhook{w.Name, w.ClientConfig, w.FailurePolicy, w.NamespaceSelector})
			}
		}
	}
	return all
}
