package rules

import (
	"maps"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// KeptClaimKeys returns the annotations and labels of obj, an update of old, with those that only the controller writes and
// that obj leaves out. kept has their keys. A client that replaces a claim by what its manifest says does not know them
// (kubectl replace, Argo CD with Replace=true), and removes nothing on purpose. A value that differs is not touched: the
// validating webhook refuses it (CheckClaimReserved).
func KeptClaimKeys(old, obj *extensionsv1.SandboxClaim) (annotations, labels map[string]string, kept []string) {
	annotations, added := keptKeys(old.Annotations, obj.Annotations, claimAnnotations)
	labels, more := keptKeys(old.Labels, obj.Labels, claimLabels)
	return annotations, labels, append(added, more...)
}

// keptKeys returns after with the given keys that it leaves out of before, and those keys.
func keptKeys(before, after map[string]string, keys []string) (all map[string]string, kept []string) {
	all = maps.Clone(after)
	for _, key := range keys {
		value, had := before[key]
		if _, has := after[key]; !had || has {
			continue
		}
		if all == nil {
			all = map[string]string{}
		}
		all[key], kept = value, append(kept, key)
	}
	return all, kept
}
