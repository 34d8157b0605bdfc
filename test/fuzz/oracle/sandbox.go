package oracle

import (
	"fmt"
	"slices"
)

// mayBecome is I2: what may hold a Sandbox after what, and by whose hand. What is not here never happens.
var mayBecome = map[[2]string][]Actor{
	{"nobody", "other"}:  {User, Manager, Collector},
	{"other", "nobody"}:  {User, Manager, Collector},
	{"other", "other"}:   {User, Manager, Collector},
	{"other", "sandbox"}: {User, Manager, Collector}, {"sandbox", "other"}: {User, Manager, Collector},
	{"nobody", "sandbox"}: {User, Manager, Collector}, {"sandbox", "nobody"}: {User, Manager, Collector},
	{"sandbox", "sandbox"}: {User, Manager, Collector},
	{"pool", "claim"}:      {Manager},
	{"pool", "nobody"}:     {Collector},
	{"claim", "nobody"}:    {Collector},
}

func sandboxChangesHolder(l look) string {
	if l.Old == nil {
		return ""
	}
	before, after := controller(l.Old), controller(l.New)
	switch {
	case before == after:
		return ""
	case !slices.Contains(mayBecome[[2]string{before.what, after.what}], l.Actor):
		return fmt.Sprintf("I2: it went from %s to %s", before.what, after.what)
	case after.what == "claim" && terminating(l.Old):
		return "I2: it was adopted while it was being deleted"
	case after.what == "claim" && len(owners(l.New)) != 1:
		return "it was adopted, and would outlive its claim"
	}
	return ""
}

// sandboxNamesHolder: nobody but the manager writes that a pool or a claim owns a Sandbox, be it as one owner of many.
func sandboxNamesHolder(l look) string {
	if l.Actor == Manager {
		return ""
	}
	for _, owner := range owners(l.New) {
		if owner.ours() && !slices.Contains(owners(l.Old), owner) {
			return fmt.Sprintf("somebody else than the manager made a %s its owner", owner.what)
		}
	}
	return ""
}

// sandboxAdopted is I4.
func sandboxAdopted(l look) string {
	by := controller(l.New)
	if by.what != "claim" || (l.Old != nil && controller(l.Old) == by) {
		return ""
	}
	view := l.view
	if l.Old == nil {
		view = l.Live
	}
	claim := view["SandboxClaim/"+by.name]
	switch {
	case claim == nil || uid(claim) != by.uid:
		return "I4: its claim does not exist"
	case terminating(claim):
		return "I4: its claim is being deleted"
	case text(claim, "status", "sandbox", "name") != "":
		return "I4: its claim has had a Sandbox"
	case name(l.New) == "" || annotation(claim, "agents.x-k8s.io/sandbox-name") != name(l.New):
		return "I4: its claim is not bound to it"
	case l.Old != nil && isMisfit(claim, l.Old):
		return "I4: it is not what its claim asks for"
	}
	return ""
}

// isMisfit reports whether a Sandbox in a pool is not what a claim asks for.
func isMisfit(claim, sandbox Object) bool {
	pool, template := text(claim, "spec", "warmPoolRef", "name"), text(claim, "spec", "sandboxTemplateRef", "name")
	of := annotation(sandbox, "agents.x-k8s.io/sandbox-template-ref")
	return (at(claim, "spec", "warmPoolRef") != nil && pool != controller(sandbox).name) ||
		(at(claim, "spec", "sandboxTemplateRef") != nil && of != "" && template != of) ||
		len(items(claim, "spec", "env"))+len(items(claim, "spec", "volumeClaimTemplates")) > 0
}

// The keys of a Sandbox that say where it comes from.
var (
	originLabels = []string{
		"agents.x-k8s.io/claim-uid", "agents.x-k8s.io/launch-type", "agents.x-k8s.io/sandbox-pod-template-hash",
		"agents.x-k8s.io/sandbox-template-hash", "agents.x-k8s.io/sandbox-template-ref-hash", "agents.x-k8s.io/warm-pool-sandbox",
	}
	originAnnotations = []string{
		"agents.x-k8s.io/claim-annotations", "agents.x-k8s.io/claim-labels", "agents.x-k8s.io/network-policy-management",
		"agents.x-k8s.io/protect-claimed-pods", "agents.x-k8s.io/sandbox-template-ref",
	}
)

func sandboxKeys(l look) string {
	if l.Actor == Manager {
		return ""
	}
	if key := changedKey(l.Old, l.New, "labels", originLabels) + changedKey(l.Old, l.New, "annotations", originAnnotations); key != "" {
		return "somebody else than the manager wrote " + key
	}
	return ""
}

// sandboxPodName: a Sandbox's Pod has its name. A Sandbox that names another Pod keeps that.
func sandboxPodName(l look) string {
	const key = "agents.x-k8s.io/pod-name"
	was, is := annotation(l.Old, key), annotation(l.New, key)
	free := l.Actor == Manager && l.Old != nil
	if was == is || free {
		return ""
	}
	if is != "" && is != name(l.New) {
		return "I1: its Pod would have another name"
	}
	return ""
}

// sandboxContent: whoever adopts a Sandbox knows what is in it.
func sandboxContent(l look) string {
	if l.Actor == User && controller(l.Old).what == "pool" && !same(l.Old["spec"], l.New["spec"]) {
		return "a user changed what is in a pool"
	}
	return ""
}

// sandboxVolumes: no two Sandboxes have a PersistentVolumeClaim of one name. Volume templates never change after the creation, and the
// cache is enough.
func sandboxVolumes(l look) string {
	if l.Old != nil {
		return ""
	}
	for _, own := range volumeNames(l.New) {
		for key, other := range l.view {
			if key != "Sandbox/"+name(l.New) && len(key) > 8 && key[:8] == "Sandbox/" && slices.Contains(volumeNames(other), own) {
				return "it shares the volume " + own + " with " + key
			}
		}
	}
	return ""
}

func volumeNames(sandbox Object) []string {
	var names []string
	for _, template := range items(sandbox, "spec", "volumeClaimTemplates") {
		fields, _ := template.(map[string]any)
		names = append(names, text(fields, "metadata", "name")+"-"+name(sandbox))
	}
	return names
}
