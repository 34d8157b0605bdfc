package rules

import (
	"slices"
	"strconv"

	"gomodules.xyz/jsonpatch/v2"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// MigratedOwners returns the owner references of obj, of which that to its controller is as it is written today: in the version
// that is served, and blocking the deletion of the owner where it did not say. By a reference from the time of v1alpha1 the
// garbage collector finds no owner, and would never delete obj.
func MigratedOwners(obj metav1.Object) []metav1.OwnerReference {
	owners, i := obj.GetOwnerReferences(), controllerIndex(obj)
	if i < 0 || servedVersion(&owners[i]) == "" {
		return owners
	}
	owners = slices.Clone(owners)
	owners[i].APIVersion = servedVersion(&owners[i])
	if owners[i].BlockOwnerDeletion == nil { // The garbage collector says false, and means it.
		owners[i].BlockOwnerDeletion = new(true)
	}
	return owners
}

// Renewed returns sandbox as it is written today, itself where it is: with MigratedOwners, and, of a pool or a claim, with the
// label of its template's hash, by which its Pod is under the template's NetworkPolicy. One from before that label names its
// template in the annotation alone.
func MigratedSandbox(sandbox *sandboxv1.Sandbox) *sandboxv1.Sandbox {
	renewed := sandbox.DeepCopy()
	renewed.OwnerReferences = MigratedOwners(sandbox)
	owner, template := ControllerOf(sandbox), sandbox.Annotations[sandboxv1.AnnotationTemplateRef]
	if (IsPool(owner) || IsClaim(owner)) && template != "" && sandbox.Labels[sandboxv1.LabelTemplateRefHash] == "" {
		renewed.Labels = withKeys(sandbox.Labels, map[string]string{sandboxv1.LabelTemplateRefHash: Hash(template)})
	}
	if equality.Semantic.DeepEqual(sandbox.ObjectMeta, renewed.ObjectMeta) {
		return sandbox
	}
	return renewed
}

// migrateOwnersPatch returns the JSON patch operations that make the owner references of obj MigratedOwners.
func migrateOwnersPatch(obj metav1.Object) []jsonpatch.Operation {
	owners, renewed, i := obj.GetOwnerReferences(), MigratedOwners(obj), controllerIndex(obj)
	if equality.Semantic.DeepEqual(owners, renewed) {
		return nil
	}
	path := "/metadata/ownerReferences/" + strconv.Itoa(i)
	return []jsonpatch.Operation{
		jsonpatch.NewOperation("test", path+"/uid", owners[i].UID),
		jsonpatch.NewOperation("replace", path, renewed[i]),
	}
}

// servedVersion returns the API version that is served of what ref names, or "" where that is none of our kinds.
func servedVersion(ref *metav1.OwnerReference) string {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	switch {
	case err != nil:
		return ""
	case gv.Group == sandboxv1.GroupName:
		return sandboxv1.GroupVersion.String()
	case gv.Group == extensionsv1.GroupName:
		return extensionsv1.GroupVersion.String()
	}
	return ""
}
