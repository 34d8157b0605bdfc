package oracle

import "slices"

// meaningful are the annotations that have only these values, by the kind of the object.
var meaningful = map[string]map[string][]string{
	"Sandbox": {
		"agents.x-k8s.io/volumes-when-deleted": {"Retain", "Delete"}, "agents.x-k8s.io/pod-identity": {"Own", "Shared"},
		"agents.x-k8s.io/keep-ended-pod": {"true", "false"},
	},
	"SandboxClaim":    {"agents.x-k8s.io/volumes-when-deleted": {"Retain", "Delete"}},
	"SandboxTemplate": {"agents.x-k8s.io/volumes-when-deleted": {"Retain", "Delete"}, "agents.x-k8s.io/pod-identity": {"Own", "Shared"}},
	"SandboxWarmPool": {
		"agents.x-k8s.io/named-claims-only": {"true", "false"}, "agents.x-k8s.io/protect-claimed-pods": {"true", "false"},
	},
}

// words: nobody writes a word that means nothing. The manager copies what was accepted once.
func words(l look) string {
	if l.Actor != User || l.Subresource == "status" {
		return ""
	}
	for key, allowed := range meaningful[l.Kind] {
		value, has := at(l.New, "metadata", "annotations", key).(string)
		if has && !slices.Contains(allowed, value) && at(l.Old, "metadata", "annotations", key) != any(value) {
			return key + " has a value that means nothing"
		}
	}
	return ""
}

// templateName: no two templates of a namespace have names of one hash, by which NetworkPolicies select.
func templateName(l look) string {
	if l.Old != nil {
		return ""
	}
	for key, other := range l.view {
		if len(key) > 16 && key[:16] == "SandboxTemplate/" && name(other) != name(l.New) && fnvHex(name(other)) == fnvHex(name(l.New)) {
			return "its name has the hash of that of " + key
		}
	}
	return ""
}
