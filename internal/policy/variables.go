package policy

import (
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// These say of an owner reference r what it names, in any version.
const (
	isSandbox = "(r.kind == 'Sandbox' && r.apiVersion.startsWith('agents.x-k8s.io/'))"
	isPool    = "(r.kind == 'SandboxWarmPool' && r.apiVersion.startsWith('extensions.agents.x-k8s.io/'))"
	isClaim   = "(r.kind == 'SandboxClaim' && r.apiVersion.startsWith('extensions.agents.x-k8s.io/'))"
	isOurs    = "(" + isPool + " || " + isClaim + ")"
)

// isSame says of owner references o, from before, and r that they name the same owner. The version may become the one that is served.
const isSame = "(o.uid == r.uid && o.kind == r.kind && o.name == r.name && (o.apiVersion == r.apiVersion || " +
	"o.apiVersion.startsWith('agents.x-k8s.io/') && r.apiVersion == 'agents.x-k8s.io/v1beta1' || " +
	"o.apiVersion.startsWith('extensions.agents.x-k8s.io/') && r.apiVersion == 'extensions.agents.x-k8s.io/v1beta1'))"

// who says who sends the request.
func who() []admissionv1.Variable {
	return []admissionv1.Variable{
		variable("manager", "request.userInfo.username == %s", quote(ControllerUser)),
		variable("collector", "request.userInfo.username in %s", list(rules.GarbageCollectors())),
		variable("user", "!variables.manager && !variables.collector"),
	}
}

// metadata has labels and annotations as they were and as they are to be; none of an object that is new.
func metadata() []admissionv1.Variable {
	return []admissionv1.Variable{
		variable("labels", "object.metadata.?labels.orValue({})"),
		variable("annotations", "object.metadata.?annotations.orValue({})"),
		variable("oldLabels", "oldObject == null ? {} : oldObject.metadata.?labels.orValue({})"),
		variable("oldAnnotations", "oldObject == null ? {} : oldObject.metadata.?annotations.orValue({})"),
	}
}

// owners has the owner references, and the one of the controller, which the API server makes sure is one at the most.
func owners() []admissionv1.Variable {
	return []admissionv1.Variable{
		variable("owners", "object.metadata.?ownerReferences.orValue([])"),
		variable("oldOwners", "oldObject == null ? [] : oldObject.metadata.?ownerReferences.orValue([])"),
		variable("controller", "variables.owners.filter(r, r.?controller.orValue(false))"),
		variable("oldController", "variables.oldOwners.filter(r, r.?controller.orValue(false))"),
		variable("stays", "variables.controller.exists(r, variables.oldController.exists(o, %s))", isSame),
	}
}

// The controller before and after, in words.
const (
	controllerBefore = "(variables.oldController.size() == 0 ? 'nobody' : " +
		`variables.oldController[0].kind + ' "' + variables.oldController[0].name + '"')`
	controllerAfter = "(variables.controller.size() == 0 ? 'nobody' : " +
		`variables.controller[0].kind + ' "' + variables.controller[0].name + '"')`
)

// Fields that several checks name.
var (
	ownersField = text{quote("metadata.ownerReferences")}
	podName     = quote(sandboxv1.AnnotationPodName)
)

// differing has those of keys that are to have another value than before, or to come or go.
func differing(keys rules.Keys) []admissionv1.Variable {
	const differ = "%s.filter(k, variables.%s[?k] != variables.%s[?k])"
	return []admissionv1.Variable{
		variable("differingLabels", differ, list(keys.Labels), "labels", "oldLabels"),
		variable("differingAnnotations", differ, list(keys.Annotations), "annotations", "oldAnnotations"),
	}
}

// kept returns checks that none of the keys of differing differs, but where the expression unless is true.
func kept(rule, unless string) []Check {
	return []Check{
		keptIn("labels", "variables.labels", "variables.oldLabels", "variables.differingLabels", rule, unless),
		keptIn("annotations", "variables.annotations", "variables.oldAnnotations", "variables.differingAnnotations", rule, unless),
	}
}

// keptIn is kept for the keys of one map.
func keptIn(where, is, was, differing, rule, unless string) Check {
	key := differing + "[0]"
	return Check{
		Rule: rule, Who: true,
		Holds: unless + " || " + differing + ".size() == 0",
		Field: text{quote("metadata." + where + "["), key, quote("]")},
		Words: text{fmt.Sprintf("(!(%s in %s) ? %s : !(%[1]s in %[4]s) ? %[5]s : %[6]s)", key, was,
			say(rules.WordsKeySet, is+"["+key+"]"), is,
			say(rules.WordsKeyRemoved, was+"["+key+"]"), say(rules.WordsKeyChanged, is+"["+key+"]", was+"["+key+"]"))},
	}
}

// word returns a check that the annotation of that key has one of the allowed values, if it is new or has changed, but
// where what is in front of the rest says otherwise.
func word(rule, unless, key string, allowed ...string) Check {
	value := "variables.annotations[" + quote(key) + "]"
	return Check{
		Rule: rule,
		Holds: unless + "!(" + quote(key) + " in variables.annotations) || " + value + " in " + list(allowed) +
			" || variables.annotations[?" + quote(key) + "] == variables.oldAnnotations[?" + quote(key) + "]",
		Field: text{quote("metadata.annotations[" + key + "]")},
		Words: say("unsupported value %q: supported values are "+rules.Words(listed(allowed)), value),
	}
}

// listed returns values for people.
func listed(values []string) string { return `"` + strings.Join(values, `", "`) + `"` }
