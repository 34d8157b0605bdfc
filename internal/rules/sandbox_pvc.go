package rules

import (
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// NewVolumeClaim returns the PersistentVolumeClaim for volumeClaimTemplate i of sandbox, controlled by sandbox.
func NewVolumeClaim(sandbox *sandboxv1.Sandbox, i int) *corev1.PersistentVolumeClaim {
	template := &sandbox.Spec.VolumeClaimTemplates[i]
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       sandbox.Namespace,
			Name:            VolumeName(sandbox, i),
			Labels:          withKeys(template.Metadata.Labels, ownershipLabels(sandbox)),
			Annotations:     maps.Clone(template.Metadata.Annotations),
			OwnerReferences: []metav1.OwnerReference{*SandboxOwner(sandbox)},
		},
		Spec: *template.Spec.DeepCopy(),
	}
}

// NextVolumeClaim returns claim as it should be. claim has the name of one of sandbox's PersistentVolumeClaims. If
// nothing has to change, the result is claim itself. NextVolumeClaim returns an error if the claim is not the Sandbox's
// and cannot be taken over.
func NextVolumeClaim(sandbox *sandboxv1.Sandbox, claim *corev1.PersistentVolumeClaim) (*corev1.PersistentVolumeClaim, error) {
	if !ControlledBy(claim, sandbox) {
		if err := checkTakeover(sandbox, kindVolume, claim); err != nil {
			return nil, err
		}
		next := claim.DeepCopy()
		takeOver(sandbox, next)
		return next, nil
	}
	next := claim.DeepCopy() // The cache finds it by these labels, which an old claim lacks or somebody removed.
	next.Labels = withKeys(next.Labels, ownershipLabels(sandbox))
	next.OwnerReferences = MigratedOwners(claim)
	if sameStatus(claim, next) {
		return claim, nil
	}
	return next, nil
}

// PossibleVolumeConflicts returns the names of the Sandboxes that could have a PersistentVolumeClaim with the same name
// as one of sandbox's. For example, "data-foo" of "bar" and "data" of "foo-bar" are both named "data-foo-bar".
func PossibleVolumeConflicts(sandbox *sandboxv1.Sandbox) []string {
	if len(sandbox.Spec.VolumeClaimTemplates) == 0 {
		return nil
	}
	rivals := map[string]string{}
	add := func(name string, ends int) { // What is behind each '-' in name up to ends.
		for at := range ends {
			if rival := name[at+1:]; name[at] == '-' && rival != "" {
				rivals[rival] = ""
			}
		}
	}
	add(sandbox.Name, len(sandbox.Name)) // The same for each volume.
	for i := range sandbox.Spec.VolumeClaimTemplates {
		add(VolumeName(sandbox, i), len(sandbox.Spec.VolumeClaimTemplates[i].Metadata.Name))
	}
	return sortedKeys(rivals)
}

// CheckVolumeNames refuses each volumeClaimTemplate of a new Sandbox whose PersistentVolumeClaim has the name of one of
// a rival's. rivals are other Sandboxes of its namespace. The two would share a volume.
func CheckVolumeNames(sandbox *sandboxv1.Sandbox, rivals []*sandboxv1.Sandbox) field.ErrorList {
	own := make(map[string]int, len(sandbox.Spec.VolumeClaimTemplates)) // by the name of the PersistentVolumeClaim
	for i := range sandbox.Spec.VolumeClaimTemplates {
		own[VolumeName(sandbox, i)] = i
	}
	var errs field.ErrorList
	path := field.NewPath("spec", "volumeClaimTemplates")
	for _, rival := range rivals {
		for j := range rival.Spec.VolumeClaimTemplates {
			name := VolumeName(rival, j)
			if i, shared := own[name]; shared {
				errs = append(errs, field.Invalid(path.Index(i).Child("metadata", "name"), sandbox.Spec.VolumeClaimTemplates[i].Metadata.Name, fmt.Sprintf(
					"the PersistentVolumeClaim would be named %q, which is that of volumeClaimTemplate %q of Sandbox %q: use another name for the template or for the Sandbox",
					name, rival.Spec.VolumeClaimTemplates[j].Metadata.Name, rival.Name)))
			}
		}
	}
	return errs
}

// withKeys returns a copy of m with the keys of more added.
func withKeys(m, more map[string]string) map[string]string {
	all := make(map[string]string, len(m)+len(more))
	maps.Copy(all, m)
	maps.Copy(all, more)
	return all
}

// VolumeName returns the name of the PersistentVolumeClaim for volumeClaimTemplate i of sandbox.
func VolumeName(sandbox *sandboxv1.Sandbox, i int) string {
	return sandbox.Spec.VolumeClaimTemplates[i].Metadata.Name + "-" + sandbox.Name
}
