package webhooks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules"
)

// +kubebuilder:rbac:groups="",resources=pods;persistentvolumeclaims,verbs=create
//
// +kubebuilder:webhook:path=/validate-sandboxtemplate,mutating=false,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=extensions.agents.x-k8s.io,resources=sandboxtemplates,verbs=create;update,versions=v1beta1,name=sandboxtemplate.validate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"spec-changed","expression":"oldObject == null || object.spec != oldObject.spec"}]}`

var templateKind = kind{
	group: extensionsv1.GroupName, kind: extensionsv1.KindSandboxTemplate, resource: extensionsv1.ResourceSandboxTemplates,
}

// templateValidator refuses a template whose Pod or volumes the API server would refuse, in the API server's own words.
type templateValidator struct {
	dryRun DryRunner
}

func (v *templateValidator) check(
	ctx context.Context, _ admission.Request, _, template *extensionsv1.SandboxTemplate,
) (admission.Warnings, error) {
	sample := rules.SampleSandbox(template)
	path := field.NewPath("spec")
	warnings, errs, err := v.try(ctx, rules.NewUnownedPod(sample), path.Child("podTemplate"))
	if err != nil {
		return nil, err
	}
	for i := range template.Spec.VolumeClaimTemplates {
		claim := &corev1.PersistentVolumeClaim{
			ObjectMeta: metav1.ObjectMeta{Namespace: template.Namespace, GenerateName: template.Spec.VolumeClaimTemplates[i].Metadata.Name + "-"},
			Spec:       *template.Spec.VolumeClaimTemplates[i].Spec.DeepCopy(),
		}
		warned, wrong, err := v.try(ctx, claim, path.Child("volumeClaimTemplates").Index(i))
		if err != nil {
			return nil, err
		}
		warnings, errs = append(warnings, warned...), append(errs, wrong...)
	}
	return warnings, templateKind.invalid(template, errs.WithOrigin(rules.OriginTemplate))
}

// try asks the API server whether it would take obj, which stands at path in the template. What it calls invalid is
// refused; what this namespace does not allow now, for its quota or its pod security, is a warning, since that can change.
func (v *templateValidator) try(ctx context.Context, obj client.Object, path *field.Path) (admission.Warnings, field.ErrorList, error) {
	err := v.dryRun.Create(ctx, obj)
	switch {
	case err == nil:
		return nil, nil, nil
	case apierrors.IsInvalid(err) || apierrors.IsBadRequest(err):
		return nil, causes(err, path), nil
	case apierrors.IsForbidden(err):
		return admission.Warnings{fmt.Sprintf("%s: the namespace does not allow this now: %v", path, err)}, nil, nil
	default:
		return nil, nil, fmt.Errorf("asking the API server about %s: %w", path, err)
	}
}

// causes returns what the API server found wrong, below path.
func causes(err error, path *field.Path) field.ErrorList {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, err.Error())}
	}
	var errs field.ErrorList
	for _, cause := range status.Status().Details.Causes {
		kind, at := errorType(cause.Type), path
		if cause.Field != "" {
			at = path.Child(cause.Field)
		}
		errs = append(errs, &field.Error{
			Type: kind, Field: at.String(), BadValue: field.OmitValueType{},
			Detail: strings.TrimPrefix(strings.TrimPrefix(cause.Message, kind.String()), ": "),
		})
	}
	return errs
}

// errorType returns the type of a field error whose cause is of type t; Invalid for one that this program does not know.
func errorType(t metav1.CauseType) field.ErrorType {
	known := []field.ErrorType{
		field.ErrorTypeRequired, field.ErrorTypeDuplicate, field.ErrorTypeNotFound, field.ErrorTypeNotSupported,
		field.ErrorTypeForbidden, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid,
	}
	if slices.Contains(known, field.ErrorType(t)) {
		return field.ErrorType(t)
	}
	return field.ErrorTypeInvalid
}
