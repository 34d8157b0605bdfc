package policy

import (
	"fmt"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// claims returns the policy about claims.
func claims() Policy {
	return Policy{
		Name: "claims",
		Resources: []admissionv1.NamedRuleWithOperations{
			resources(extensionsv1.GroupName, written(), extensionsv1.ResourceSandboxClaims),
			resources(extensionsv1.GroupName, []admissionv1.OperationType{admissionv1.Update}, extensionsv1.ResourceSandboxClaims+"/status"),
		},
		Variables: slices.Concat(who(), metadata(), differing(rules.ClaimKeys()), []admissionv1.Variable{
			variable("bound", "variables.annotations[?%s].orValue('')", quote(sandboxv1.AnnotationBinding)),
			variable("wasBound", "variables.oldAnnotations[?%s].orValue('')", quote(sandboxv1.AnnotationBinding)),
			variable("record", "object.?status.sandbox.name.orValue('')"),
			variable("oldRecord", "oldObject == null ? '' : oldObject.?status.sandbox.name.orValue('')"),
			variable("wasBoundTo", "variables.wasBound != '' ? variables.wasBound : variables.oldRecord != '' ? variables.oldRecord : "+
				"variables.oldLabels[?%s].orValue('')", quote(sandboxv1.LabelBinding)),
			variable("rebound", "oldObject != null && variables.bound != variables.wasBound"),
			variable("released", "variables.record == '' && variables.manager && variables.bound == variables.oldRecord && "+
				"object.?spec.lifecycle.shutdownPolicy.orValue('') in ['', %s] && "+
				"object.?status.conditions.orValue([]).exists(c, c.type == %s && c.reason == %s)",
				quote(string(extensionsv1.ShutdownPolicyRetain)), quote(sandboxv1.ConditionReady), quote(extensionsv1.ReasonClaimExpired)),
		}),
		Checks: slices.Concat(kept(rules.RuleBindingKeys, "variables.manager || oldObject == null"), binding(), record(), fixed(),
			[]Check{word(rules.RuleKeptVolumes, "", sandboxv1.AnnotationVolumesWhenDeleted,
				sandboxv1.VolumesWhenDeletedRetain, sandboxv1.VolumesWhenDeletedDelete)}),
	}
}

// binding returns what rules.CheckBinding checks without the Sandbox that the claim is bound to.
func binding() []Check {
	check := func(holds string, words rules.Words, found ...string) Check {
		return Check{
			Rule: rules.RuleBinding, Holds: "!variables.rebound || variables.oldRecord != '' && variables.bound == variables.oldRecord || " + holds,
			Field: text{quote("metadata.annotations[" + sandboxv1.AnnotationBinding + "]")}, Words: say(words, found...),
		}
	}
	return []Check{
		check("variables.wasBound != '' || variables.oldRecord == ''", rules.WordsBoundTo, "variables.oldRecord"),
		check("variables.bound != ''", rules.WordsNeverUnbound, "variables.wasBound"),
		check("variables.oldRecord == ''", rules.WordsBoundForGood, "variables.oldRecord", "variables.wasBound"),
		check("variables.wasBound != object.metadata.name", rules.WordsColdStays, "variables.wasBound"),
	}
}

// record returns what rules.CheckClaimStatus checks.
func record() []Check {
	check := func(holds string, words rules.Words, found ...string) Check {
		return Check{
			Rule: rules.RuleClaimRecord, Holds: "variables.record == variables.oldRecord || " + holds,
			Field: text{quote("status.sandbox.name")}, Words: say(words, found...),
		}
	}
	return []Check{
		check("variables.oldRecord == '' || variables.released", rules.WordsOnRecord, "variables.oldRecord", "variables.oldRecord"),
		check("variables.manager", rules.WordsNoRecord),
		check("variables.record == '' || variables.record == variables.bound", rules.WordsOtherRecord, "variables.bound"),
	}
}

// fixed returns what rules.CheckOverrides checks of a claim that is bound. That these fields stay makes a misfit final.
func fixed() []Check {
	var checks []Check
	for _, name := range []string{"env", "volumeClaimTemplates"} {
		checks = append(checks, Check{
			Rule:  rules.RuleClaimRequest,
			Holds: fmt.Sprintf("variables.wasBoundTo == '' || object.?spec.%[1]s.orValue([]) == oldObject.?spec.%[1]s.orValue([])", name),
			Field: text{quote("spec." + name)}, Words: say(rules.WordsFixed, "variables.wasBoundTo"),
		})
	}
	return checks
}

// claimsAlone returns what is checked of a user's new claim where no webhook binds it: that it brings no binding along.
func claimsAlone() Policy {
	return Policy{
		Name: "claims-alone",
		Resources: []admissionv1.NamedRuleWithOperations{
			resources(extensionsv1.GroupName, []admissionv1.OperationType{admissionv1.Create}, extensionsv1.ResourceSandboxClaims),
		},
		Variables: slices.Concat(who(), metadata(), differing(rules.ClaimKeys())),
		Checks:    kept(rules.RuleBindingKeys, "variables.manager"),
	}
}

// pools returns the policy about pools.
func pools() Policy {
	return Policy{
		Name:      "pools",
		Resources: []admissionv1.NamedRuleWithOperations{resources(extensionsv1.GroupName, written(), extensionsv1.ResourceSandboxWarmPools)},
		Variables: metadata(),
		Checks: []Check{
			word(rules.RuleNamedClaims, "", sandboxv1.AnnotationNamedClaimsOnly, "true", "false"),
			word(rules.RuleProtectedPods, "", sandboxv1.AnnotationProtectClaimedPods, "true", "false"),
		},
	}
}

// templates returns the policy about templates.
func templates() Policy {
	return Policy{
		Name:      "templates",
		Resources: []admissionv1.NamedRuleWithOperations{resources(extensionsv1.GroupName, written(), extensionsv1.ResourceSandboxTemplates)},
		Variables: metadata(),
		Checks: []Check{
			word(rules.RuleKeptVolumes, "", sandboxv1.AnnotationVolumesWhenDeleted,
				sandboxv1.VolumesWhenDeletedRetain, sandboxv1.VolumesWhenDeletedDelete),
			word(rules.RuleSharedIdentity, "", sandboxv1.AnnotationPodIdentity, sandboxv1.PodIdentityShared, sandboxv1.PodIdentityOwn),
		},
	}
}
