package webhooks

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// checkVolumesWhenDeleted checks what obj says of the volumes of its Sandbox. old is not looked at if obj is new.
func checkVolumesWhenDeleted(isNew bool, old, obj metav1.Object) field.ErrorList {
	if isNew {
		old = nil
	}
	return rules.CheckVolumesWhenDeleted(old, obj).WithOrigin(rules.RuleKeptVolumes)
}

// checkSandboxWords is checkWords for a Sandbox, which also says what becomes of its Pod. A nil old is a new Sandbox.
func checkSandboxWords(old, sandbox *sandboxv1.Sandbox) field.ErrorList {
	errs := checkWords(old == nil, old, sandbox)
	var before metav1.Object
	if old != nil {
		before = old
	}
	return append(errs, rules.CheckKeepEndedPod(before, sandbox).WithOrigin(rules.RuleKeptPod)...)
}

// checkWords checks what obj, a Sandbox or a template, says of volumes and Pods. old is not looked at if obj is new.
func checkWords(isNew bool, old, obj metav1.Object) field.ErrorList {
	errs := checkVolumesWhenDeleted(isNew, old, obj)
	if isNew {
		old = nil
	}
	return append(errs, rules.CheckPodIdentityWord(old, obj).WithOrigin(rules.RuleSharedIdentity)...)
}
