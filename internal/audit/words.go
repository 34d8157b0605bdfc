package audit

import (
	"cmp"
	"slices"
	"strings"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// resources are the names of the kinds in commands.
var resources = map[string]string{
	sandboxv1.KindSandbox:            sandboxv1.ResourceSandboxes + "." + sandboxv1.GroupName,
	extensionsv1.KindSandboxClaim:    extensionsv1.ResourceSandboxClaims,
	extensionsv1.KindSandboxTemplate: extensionsv1.ResourceSandboxTemplates,
	extensionsv1.KindSandboxWarmPool: extensionsv1.ResourceSandboxWarmPools,
	KindPod:                          "pod",
	KindNetworkPolicy:                "networkpolicy",
}

func sortObjects(objects []Object) {
	slices.SortFunc(objects, func(a, b Object) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
}

// mostInvolved is how many objects a finding involves at the most: each has to be read again, and two are enough for a fault.
const mostInvolved = 10

// some returns the first of objects, mostInvolved at the most, sorted.
func some(objects []Object) []Object {
	sortObjects(objects)
	return objects[:min(len(objects), mostInvolved)]
}

// listed is how many names a message has at the most: an event's note is short.
const listed = 5

// list returns the names of objects for a message.
func list(objects []Object) string {
	names := make([]string, len(objects))
	for i, object := range objects {
		names[i] = object.Name
	}
	return join(names, ", ")
}

// join joins the first of words for a message.
func join(words []string, separator string) string {
	if len(words) > listed {
		words = append(slices.Clip(words[:listed]), "...")
	}
	return strings.Join(words, separator)
}
