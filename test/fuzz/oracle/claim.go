package oracle

import (
	"fmt"
	"slices"
	"strings"
)

const bindingKey = "agents.x-k8s.io/sandbox-name"

// claimBinding is I3.
func claimBinding(l look) string {
	was, is := annotation(l.Old, bindingKey), annotation(l.New, bindingKey)
	record := text(l.Old, "status", "sandbox", "name")
	switch {
	case l.Old == nil, l.Subresource == "status", was == is:
		return ""
	case is != "" && is == record: // A claim from before there were bindings.
		return ""
	case record != "":
		return "I3: its binding changed although it has a Sandbox on record"
	case was == "":
		return ""
	case is == "":
		return "I3: its binding was removed"
	case isCold(l.Old, was):
		return "I3: its cold binding was rewritten"
	case !isLost(l.Old, l.Live["Sandbox/"+was]):
		return "I3: its binding was rewritten although its Sandbox can be adopted"
	}
	return ""
}

// isCold reports whether a name is derived from the claim itself.
func isCold(claim Object, bound string) bool {
	suffix := "-" + fnvHex(uid(claim))[:5]
	base := name(claim)
	if len(base)+len(suffix) > 253 {
		base = base[:253-len(suffix)]
	}
	return bound == name(claim) || bound == strings.TrimRight(base, "-.")+suffix
}

// isLost reports whether a claim can never adopt the Sandbox that its binding names.
func isLost(claim, sandbox Object) bool {
	by := controller(sandbox)
	switch {
	case sandbox == nil:
		return true
	case by.what == "claim" && by.uid == uid(claim):
		return false
	}
	return terminating(sandbox) || by.what != "pool" || isMisfit(claim, sandbox)
}

// claimKeys: nobody but the manager writes what a claim is bound to, and when.
func claimKeys(l look) string {
	if l.Actor == Manager || l.Subresource == "status" {
		return ""
	}
	stamps := []string{bindingKey, "agents.x-k8s.io/claim-first-ready-at", "agents.x-k8s.io/controller-first-observed-at"}
	if l.Old == nil {
		return "" // The mutating webhook has written them.
	}
	if key := changedKey(l.Old, l.New, "annotations", stamps) + changedKey(l.Old, l.New, "labels", []string{bindingKey}); key != "" {
		return "a user wrote " + key
	}
	return ""
}

// claimFrozen: what makes a misfit never changes once a claim is bound.
func claimFrozen(l look) string {
	bound := annotation(l.Old, bindingKey) + label(l.Old, bindingKey) + text(l.Old, "status", "sandbox", "name")
	if l.Old == nil || l.Subresource == "status" || bound == "" {
		return ""
	}
	for _, field := range []string{"env", "volumeClaimTemplates"} {
		if !same(at(l.Old, "spec", field), at(l.New, "spec", field)) {
			return fmt.Sprintf("I3: its %s changed while it was bound", field)
		}
	}
	return ""
}

// claimLabels: a claim gives its Pod labels of the allowed domain only.
func claimLabels(l look) string {
	const field, domain = "additionalPodMetadata", "sandbox.users.io"
	if l.Subresource == "status" || same(at(l.Old, "spec", field), at(l.New, "spec", field)) {
		return ""
	}
	labels, _ := at(l.New, "spec", field, "labels").(map[string]any)
	for key := range labels {
		before, _, _ := strings.Cut(key, "/")
		if before != domain && !strings.HasSuffix(before, "."+domain) {
			return "it gives its Pod a label of another domain: " + key
		}
	}
	return ""
}

// claimEnv: a claim adds variables only if its template allows that.
func claimEnv(l look) string {
	env := at(l.New, "spec", "env")
	if l.Subresource == "status" || len(items(l.New, "spec", "env")) == 0 || same(at(l.Old, "spec", "env"), env) {
		return ""
	}
	of := text(l.New, "spec", "sandboxTemplateRef", "name")
	if pool := text(l.New, "spec", "warmPoolRef", "name"); at(l.New, "spec", "warmPoolRef") != nil {
		of = text(l.view["SandboxWarmPool/"+pool], "spec", "sandboxTemplateRef", "name")
	}
	template := l.view["SandboxTemplate/"+of]
	policy := text(template, "spec", "envVarsInjectionPolicy")
	if template != nil && !slices.Contains([]string{"Allowed", "Overrides"}, policy) {
		return "it adds variables that its template does not allow"
	}
	return ""
}

// claimRecord: the record that a claim was bound is written once, by the manager.
func claimRecord(l look) string {
	was, is := text(l.Old, "status", "sandbox", "name"), text(l.New, "status", "sandbox", "name")
	switch {
	case l.Subresource != "status", was == is:
		return ""
	case l.Actor != Manager:
		return "I4: somebody else than the manager wrote which Sandbox it has"
	case was == "" && is != annotation(l.New, bindingKey):
		return "I4: it has a Sandbox that it is not bound to"
	case was != "" && is != "":
		return "I4: it has another Sandbox"
	case was != "" && !givesUp(l.New):
		return "I4: it lost its record"
	}
	return ""
}

// givesUp reports whether a claim has expired under Retain, and says so.
func givesUp(claim Object) bool {
	policy := text(claim, "spec", "lifecycle", "shutdownPolicy")
	if policy != "" && policy != "Retain" || at(claim, "spec", "lifecycle") == nil {
		return false
	}
	return slices.ContainsFunc(items(claim, "status", "conditions"), func(condition any) bool {
		fields, _ := condition.(map[string]any)
		return text(fields, "type") == "Ready" && text(fields, "reason") == "ClaimExpired"
	})
}
