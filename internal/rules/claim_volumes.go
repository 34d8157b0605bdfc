package rules

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// mergeVolumes returns the template's volumeClaimTemplates with the claim's, as policy allows. Under Overrides, one
// with the same name replaces the template's. Under Allowed, the name has to be new. mergeVolumes also returns what is
// not allowed.
func mergeVolumes(
	template, claim []sandboxv1.PersistentVolumeClaimTemplate, policy extensionsv1.VolumeClaimTemplatesPolicy,
) ([]sandboxv1.PersistentVolumeClaimTemplate, field.ErrorList) {
	path := field.NewPath("spec", "volumeClaimTemplates")
	if len(claim) == 0 {
		return template, nil
	}
	if policy != extensionsv1.VolumeClaimTemplatesAllowed && policy != extensionsv1.VolumeClaimTemplatesOverrides {
		return nil, field.ErrorList{field.Forbidden(path, "the template does not allow volumeClaimTemplates: leave them out, "+
			"or set the template's volumeClaimTemplatesPolicy to Allowed or Overrides")}
	}
	var errs field.ErrorList
	merged := slices.Clone(template)
	positions := map[string]int{}
	for i := range slices.Backward(merged) {
		positions[merged[i].Metadata.Name] = i // Of two of one name the first counts.
	}
	for i := range claim {
		name := claim[i].Metadata.Name
		at, has := positions[name]
		switch {
		case has && policy == extensionsv1.VolumeClaimTemplatesAllowed:
			errs = append(errs, field.Invalid(path.Index(i).Child("metadata", "name"), name, fmt.Sprintf("the template has %q already: "+
				"use another name, or set the template's volumeClaimTemplatesPolicy to Overrides", name)))
		case has:
			merged[at] = *claim[i].DeepCopy()
		default:
			positions[name] = len(merged)
			merged = append(merged, *claim[i].DeepCopy())
		}
	}
	return merged, errs
}
