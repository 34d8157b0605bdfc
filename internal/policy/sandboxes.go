package policy

import (
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// sandboxes returns the policy about Sandboxes.
func sandboxes() Policy {
	return Policy{
		Name:      "sandboxes",
		Resources: []admissionv1.NamedRuleWithOperations{resources(sandboxv1.GroupName, written(), sandboxv1.ResourceSandboxes)},
		Variables: slices.Concat(who(), metadata(), owners(), differing(rules.SandboxKeys()), []admissionv1.Variable{
			variable("ours", "variables.controller.exists(r, %s)", isOurs),
			variable("wasOurs", "variables.oldController.exists(r, %s)", isOurs),
			variable("wasInPool", "variables.oldController.exists(r, %s)", isPool),
			variable("handedOn", "oldObject != null && !variables.stays && (variables.ours || variables.wasOurs) && "+
				"!(variables.collector && variables.controller.size() == 0)"),
			variable("added", "variables.owners.filter(r, %s && !variables.oldOwners.exists(o, %s))", isOurs, isSame),
			variable("podName", "variables.annotations[?%s].orValue('')", podName),
			variable("oldPodName", "variables.oldAnnotations[?%s].orValue('')", podName),
			variable("hasOtherPod", "variables.oldPodName != object.metadata.name && size(variables.oldPodName) <= 253 && "+
				`variables.oldPodName.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`),
		}),
		Checks: slices.Concat(namesake(), ownership(), userOwners(),
			kept(rules.RuleReservedKeys, "variables.manager"), []Check{poolMember()}, sandboxWords()),
	}
}

// namesake returns what rules.CheckPodName checks.
func namesake() []Check {
	free := "variables.podName == variables.oldPodName || variables.manager && oldObject != null"
	field := text{quote("metadata.annotations[" + sandboxv1.AnnotationPodName + "]")}
	return []Check{
		{
			Rule: rules.RulePodName, Holds: free + " || !variables.hasOtherPod",
			Field: field, Words: say(rules.WordsHasPod, "variables.oldPodName", "variables.oldPodName"),
		},
		{
			Rule: rules.RulePodName, Holds: free + " || variables.podName == '' || variables.podName == object.metadata.name",
			Field: field, Words: say(rules.WordsOwnName, "object.metadata.name"),
		},
	}
}

// ownership returns what rules.CheckController checks.
func ownership() []Check {
	check := func(holds string, words rules.Words, found ...string) Check {
		return Check{Rule: rules.RuleOwnership, Holds: "!variables.handedOn || " + holds, Field: ownersField, Words: say(words, found...)}
	}
	return []Check{
		check("variables.controller.size() > 0", rules.WordsSandboxStays, controllerBefore),
		check("variables.wasOurs", rules.WordsNeverAgain, controllerBefore),
		check("variables.wasInPool", rules.WordsAdoptedOnce, controllerBefore),
		check("variables.controller.exists(r, "+isClaim+")", rules.WordsOnlyAClaim, controllerBefore),
		check("!has(oldObject.metadata.deletionTimestamp)", rules.WordsBeingDeleted),
		check("variables.owners.size() == 1", rules.WordsOneAdopter),
	}
}

// userOwners returns what rules.CheckUserOwners checks.
func userOwners() []Check {
	return []Check{
		{
			Rule: rules.RuleOwners, Holds: "!variables.user || !variables.wasOurs || variables.controller == variables.oldController",
			Field: ownersField, Words: say(rules.WordsNotYours, controllerBefore), Who: true,
		},
		{
			Rule: rules.RuleOwners, Holds: "variables.manager || variables.added.size() == 0",
			Field: ownersField, Words: say(rules.WordsNoOwner, "variables.added[0].kind + ' \"' + variables.added[0].name + '\"'"), Who: true,
		},
	}
}

// poolMember returns what rules.CheckPoolMember checks.
func poolMember() Check {
	return Check{
		Rule: rules.RulePoolMember, Holds: "variables.manager || !variables.wasInPool || object.spec == oldObject.spec",
		Field: text{quote("spec")}, Words: say(rules.WordsPoolMember, controllerBefore), Who: true,
	}
}

// sandboxWords returns checks of the annotations by which a user says what becomes of a Sandbox's Pod and volumes.
func sandboxWords() []Check {
	const unless = "!variables.user || "
	return []Check{
		word(rules.RuleKeptVolumes, unless, sandboxv1.AnnotationVolumesWhenDeleted,
			sandboxv1.VolumesWhenDeletedRetain, sandboxv1.VolumesWhenDeletedDelete),
		word(rules.RuleSharedIdentity, unless, sandboxv1.AnnotationPodIdentity, sandboxv1.PodIdentityShared, sandboxv1.PodIdentityOwn),
		word(rules.RuleKeptPod, unless, sandboxv1.AnnotationKeepEndedPod, sandboxv1.KeepEndedPodTrue, sandboxv1.KeepEndedPodFalse),
	}
}
