package installation

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/namesake-sandbox/namesake/internal/policy"
)

// ownPolicyName matches the names of Namesake's policies. Of several installations, each has its own (namesake.clusterName of the chart).
var ownPolicyName = regexp.MustCompile(`^([a-z-]+)\.namesake(-[a-z0-9-]+)?\.agents\.x-k8s\.io$`)

// ownPolicies returns Namesake's ValidatingAdmissionPolicies.
func (f *Facts) ownPolicies() []admissionv1.ValidatingAdmissionPolicy {
	return slices.DeleteFunc(slices.Clone(f.Policies), func(p admissionv1.ValidatingAdmissionPolicy) bool {
		return !ownPolicyName.MatchString(p.Name)
	})
}

// missingPolicies returns the names of what is always there, and is not.
func missingPolicies(policies []admissionv1.ValidatingAdmissionPolicy) []string {
	var missing []string
	for _, wanted := range policy.All() {
		if !slices.ContainsFunc(policies, func(p admissionv1.ValidatingAdmissionPolicy) bool {
			return ownPolicyName.FindStringSubmatch(p.Name)[1] == wanted.Name
		}) {
			missing = append(missing, wanted.Name+policy.Suffix)
		}
	}
	return missing
}

// reinstall is what brings back what somebody removed.
const reinstall = "install them again: helm upgrade, or kubectl apply -k config/default"

// judgePolicies says whether the policies of Namesake's own are there, and each is bound so that it denies.
func judgePolicies(f *Facts) []Finding {
	if !f.Sees(seePolicies) {
		return nil
	}
	policies := f.ownPolicies()
	switch {
	case !f.HasPolicies:
		return []Finding{{Part: PartPolicies, Level: Warn, Says: "this API server has no ValidatingAdmissionPolicies: the webhooks alone refuse"}}
	case len(policies) == 0:
		return []Finding{{Part: PartPolicies, Level: Warn, Says: "there are none: while the webhooks are switched off, nothing is refused"}}
	}
	var findings []Finding
	var idle, broken []string
	for i := range policies {
		if !f.isBound(policies[i].Name) {
			idle = append(idle, policies[i].Name)
		}
		if warning := typeWarning(&policies[i]); warning != "" {
			broken = append(broken, fmt.Sprintf("%s (%s)", policies[i].Name, warning))
		}
	}
	if missing := missingPolicies(policies); len(missing) > 0 {
		findings = append(findings, Finding{
			Part: PartPolicies, Level: Fail, Says: "missing: " + strings.Join(missing, ", "),
			Command: "kubectl get validatingadmissionpolicies,validatingadmissionpolicybindings",
			Advice:  reinstall,
		})
	}
	if len(idle) > 0 {
		findings = append(findings, Finding{
			Part: PartPolicies, Level: Fail, Says: "without a binding that denies: " + strings.Join(idle, ", "),
			Command: "kubectl get validatingadmissionpolicies,validatingadmissionpolicybindings",
			Advice:  reinstall,
		})
	}
	if len(broken) > 0 {
		findings = append(findings, Finding{
			Part: PartPolicies, Level: Warn,
			Says:   "the API server warns of their expressions: " + brief(strings.Join(broken, ", ")),
			Advice: "install the policies and the CRDs of one version",
		})
	}
	if len(findings) == 0 {
		findings = append(findings, Finding{Part: PartPolicies, Level: OK, Says: fmt.Sprintf("all %d are bound, and deny", len(policies))})
	}
	return findings
}

// isBound reports whether a binding of the policy of that name denies.
func (f *Facts) isBound(name string) bool {
	return slices.ContainsFunc(f.Bindings, func(b admissionv1.ValidatingAdmissionPolicyBinding) bool {
		return b.Spec.PolicyName == name && slices.Contains(b.Spec.ValidationActions, admissionv1.Deny)
	})
}

// checkedKind matches what begins a warning of the API server's type checking: the kind of object that an expression does not fit
// (k8s.io/apiserver/pkg/admission/plugin/policy/validating).
var checkedKind = regexp.MustCompile(`Kind=(\w+): ERROR`)

// typeWarning returns what the API server warns of an expression of the policy, or nothing. The policy for Pods is also asked about their
// bindings to nodes, and does not look at fields there that only Pods have. The type checking does not see that.
func typeWarning(checked *admissionv1.ValidatingAdmissionPolicy) string {
	if checked.Status.TypeChecking == nil {
		return ""
	}
	for _, warning := range checked.Status.TypeChecking.ExpressionWarnings {
		for _, kind := range checkedKind.FindAllStringSubmatch(warning.Warning, -1) {
			if kind[1] != "Binding" {
				return warning.Warning
			}
		}
	}
	return ""
}
