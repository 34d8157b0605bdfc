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

// MigratedOwners returns the owner references of obj with its controller reference in today's form. That form names the
// served API version. It also blocks the deletion of the owner if the reference did not say. The garbage collector
// finds no owner by a reference from the time of v1alpha1, and would never delete obj.
func MigratedOwners(obj metav1.Object) []metav1.OwnerReference {
	owners, i := obj.GetOwnerReferences(), controllerIndex(obj)
	if i < 0 || servedVersion(&owners[i]) == "" {
		return owners
	}
	owners = slices.Clone(owners)
	owners[i].APIVersion = servedVersion(&owners[i])
	if owners[i].BlockOwnerDeletion == nil { // The garbage collector sets false on purpose.
		owners[i].BlockOwnerDeletion = new(true)
	}
	return owners
}

// MigratedSandbox returns sandbox in today's form, or sandbox itself if it has that form. It has MigratedOwners. If a
// pool or a claim controls it, it also has the label with its template's hash, by which the template's NetworkPolicy
// selects its Pod. A Sandbox from before that label names its template only in the annotation.
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

// migrateOwnersPatch returns the JSON patch operations that turn the owner references of obj into MigratedOwners.
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

// servedVersion returns the served API version of what ref names, or "" if ref names none of Namesake's groups.
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
