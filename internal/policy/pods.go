package policy

import (
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// pods returns the policy about Pods.
func pods() Policy {
	return Policy{
		Name: "pods",
		Resources: []admissionv1.NamedRuleWithOperations{
			resources("", written(), "pods", "pods/status", "pods/ephemeralcontainers", "pods/resize"),
		},
		Conditions: ofSandboxes(),
		Variables:  podVariables(),
		Checks:     slices.Concat(podOwner(), podIdentity(), []Check{podContent()}),
	}
}

// bindings returns the policy about the bindings of Pods to nodes. The API server writes a binding's labels and annotations on the Pod,
// and asks nobody about the Pod then (setPodNodeAndMetadata in kubernetes/pkg/registry/core/pod/storage).
func bindings() Policy {
	return Policy{
		Name: "bindings",
		Resources: []admissionv1.NamedRuleWithOperations{
			resources("", []admissionv1.OperationType{admissionv1.Create}, "bindings", "pods/binding"),
		},
		Variables: slices.Concat(metadata(), differing(rules.PodKeys())),
		Checks: []Check{{
			Rule:  rules.RulePodIdentity,
			Holds: "variables.differingLabels.size() == 0 && variables.differingAnnotations.size() == 0",
			Field: text{quote("metadata")}, Words: say(rules.WordsBinding), Who: true,
		}},
	}
}

// ofSandboxes returns the condition that an object is a Pod that a Sandbox controls, or controlled, or that has an identity label.
func ofSandboxes() []admissionv1.MatchCondition {
	return []admissionv1.MatchCondition{{
		Name: "sandbox-pod-or-labelled",
		Expression: "[object, oldObject].exists(o, o != null && o.metadata.?ownerReferences.orValue([]).exists(r, r.?controller.orValue(false) && " +
			isSandbox + ")) || " + list(rules.PodKeys().Labels) + ".exists(k, k in object.metadata.?labels.orValue({})) || " +
			list(rules.PodKeys().Annotations) + ".exists(k, k in object.metadata.?annotations.orValue({}))",
	}}
}

// podVariables are what the checks of Pods have names for.
func podVariables() []admissionv1.Variable {
	return slices.Concat(who(), metadata(), owners(), differing(rules.PodKeys()), []admissionv1.Variable{
		variable("ofSandbox", "variables.controller.exists(r, %s)", isSandbox),
		variable("wasOfSandbox", "variables.oldController.exists(r, %s)", isSandbox),
		variable("gained", "%s.filter(k, k in variables.labels && k in variables.differingLabels)", list(rules.IdentityKeys())),
	})
}

// podOwner returns what rules.CheckPodOwner checks, and of rules.CheckPodSandbox what the labels of a new Pod tell: that its Sandbox was
// made from a template. A webhook stamps those that are the Sandbox's, so a user's own Sandbox has none of them. One that has lost its pool
// or claim still has its template's: it makes its own Pod.
func podOwner() []Check {
	const sandbox = "variables.controller[0].name"
	return []Check{
		{
			Rule: rules.RulePodOwner,
			Holds: "variables.collector || !variables.ofSandbox || " +
				"variables.owners.size() <= (variables.stays ? variables.oldOwners.size() : 1)",
			Field: ownersField, Words: say(rules.WordsOneOwner, sandbox),
		},
		{
			Rule:  rules.RulePodOwner,
			Holds: "!variables.wasOfSandbox || variables.stays || variables.collector && variables.controller.size() == 0",
			Field: ownersField, Words: say(rules.WordsPodStays, "variables.oldController[0].name"),
		},
		{
			Rule:  rules.RulePodOwner,
			Holds: "!variables.ofSandbox || variables.stays || object.metadata.name == " + sandbox,
			Field: text{quote("metadata.name")}, Words: say(rules.WordsPodName, sandbox, sandbox),
		},
		{
			Rule: rules.RulePodOwner,
			Holds: "variables.manager || oldObject != null || !variables.ofSandbox || " +
				list([]string{sandboxv1.LabelWarmPool, sandboxv1.LabelClaimUID, sandboxv1.LabelTemplateRefHash}) + ".all(k, !(k in variables.labels))",
			Field: ownersField, Words: say(rules.WordsOurPod),
		},
	}
}

// podIdentity returns what rules.CheckForeignPod and rules.CheckPodReserved check, and that the label with the Sandbox's UID is right.
func podIdentity() []Check {
	uid := quote(sandboxv1.LabelSandboxUID)
	return append([]Check{
		{
			Rule:  rules.RulePodIdentity,
			Holds: "variables.manager || variables.ofSandbox || variables.gained.size() == 0",
			Field: text{quote("metadata.labels["), "variables.gained[0]", quote("]")},
			Words: say(rules.WordsForeignPod, "variables.labels[variables.gained[0]]", controllerAfter), Who: true,
		},
		{
			Rule: rules.RulePodIdentity,
			Holds: "oldObject != null || !variables.ofSandbox || !(" + uid + " in variables.labels) || " +
				"variables.labels[" + uid + "] == variables.controller[0].uid",
			Field: text{quote("metadata.labels[" + sandboxv1.LabelSandboxUID + "]")},
			Words: say(rules.WordsPodUID, "variables.controller[0].uid"),
		},
	}, kept(rules.RulePodIdentity, "variables.manager || oldObject == null || !variables.ofSandbox")...)
}

// podContent returns what rules.CheckPodContent checks, of the fields that the API server lets change at all (ValidatePodUpdate in
// kubernetes/pkg/apis/core/validation), for a Pod that says itself that it is in a pool.
func podContent() Check {
	same := func(field string) string { return "object.spec.?" + field + " == oldObject.spec.?" + field }
	images := func(list string) string {
		return "object.spec.?" + list + ".orValue([]).map(c, c.image) == oldObject.spec.?" + list + ".orValue([]).map(c, c.image)"
	}
	debug := "object.spec.?ephemeralContainers == oldObject.spec.?ephemeralContainers"
	return Check{
		Rule: rules.RulePodContent, Who: true,
		Holds: "!variables.user || oldObject == null || !variables.wasOfSandbox || variables.oldLabels[?" + quote(sandboxv1.LabelWarmPool) +
			"].orValue('') == '' || " + images("containers") + " && " + images("initContainers") + " && " + debug + " && " +
			same("activeDeadlineSeconds") + " && " + same("terminationGracePeriodSeconds"),
		Field: text{"(" + debug + " ? 'spec' : 'spec.ephemeralContainers')"},
		Words: say(rules.WordsPoolPod, "("+debug+" ? "+quote(rules.AdviceContent)+" : "+quote(rules.AdviceDebug)+")"),
	}
}

// podsAlone returns what is checked of a user's new Pod where no webhook gives it its labels.
func podsAlone() Policy {
	hashes := slices.DeleteFunc(rules.IdentityKeys(), func(key string) bool { return key == sandboxv1.LabelSandboxUID })
	return Policy{
		Name: "pods-alone",
		Resources: []admissionv1.NamedRuleWithOperations{
			resources("", []admissionv1.OperationType{admissionv1.Create}, "pods"),
		},
		Conditions: ofSandboxes(),
		Variables:  append(podVariables(), variable("planted", "%s.filter(k, k in variables.labels)", list(hashes))),
		Checks: []Check{{
			Rule: rules.RulePodIdentity, Who: true,
			Holds: "variables.manager || !variables.ofSandbox || variables.planted.size() == 0",
			Field: text{quote("metadata.labels["), "variables.planted[0]", quote("]")},
			Words: say(rules.WordsKeySet, "variables.labels[variables.planted[0]]"),
		}},
	}
}
