package webhooks

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// checkVolumesWhenDeleted checks what obj says of the volumes of its Sandbox. old is not looked at if obj is new.
func checkVolumesWhenDeleted(isNew bool, old, obj metav1.Object) field.ErrorList {
	if isNew {
		old = nil
	}
	return rules.CheckVolumesWhenDeleted(old, obj).WithOrigin(rules.RuleKeptVolumes)
}

// checkWords checks what obj, a Sandbox or a template, says of volumes and Pods. old is not looked at if obj is new.
func checkWords(isNew bool, old, obj metav1.Object) field.ErrorList {
	errs := checkVolumesWhenDeleted(isNew, old, obj)
	if isNew {
		old = nil
	}
	return append(errs, rules.CheckPodIdentityWord(old, obj).WithOrigin(rules.RuleSharedIdentity)...)
}
