package webhooks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// +kubebuilder:rbac:groups="",resources=pods;persistentvolumeclaims,verbs=create
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=create
//
// +kubebuilder:webhook:path=/validate-sandboxtemplate,mutating=false,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=extensions.agents.x-k8s.io,resources=sandboxtemplates,verbs=create;update,versions=v1beta1,name=sandboxtemplate.validate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"spec-changed","expression":"oldObject == null || object.spec != oldObject.spec"}]}`

var templateKind = kind{
	group: extensionsv1.GroupName, kind: extensionsv1.KindSandboxTemplate, resource: extensionsv1.ResourceSandboxTemplates,
}

// templateValidator refuses a template whose Pod, volumes or NetworkPolicy the API server would refuse, in the API server's
// own words. It also refuses a template whose Pods could not be told from those of another template.
type templateValidator struct {
	dryRun    DryRunner
	templates lookup[extensionsv1.SandboxTemplate, *extensionsv1.SandboxTemplate]
}

func (v *templateValidator) check(
	ctx context.Context, _ admission.Request, old, template *extensionsv1.SandboxTemplate,
) (admission.Warnings, error) {
	var warnings admission.Warnings
	var errs field.ErrorList
	if old == nil {
		other, err := v.colliding(ctx, template)
		if err != nil {
			return nil, err
		}
		errs = rules.CheckTemplateName(template, other).WithOrigin(rules.RuleTemplateName)
	}
	for _, trial := range changedCases(old, template) {
		if len(errs) > rules.MaxCauses {
			break // More is not told.
		}
		if err := ctx.Err(); err != nil {
			return nil, err // Nobody waits for the answer.
		}
		warned, wrong, err := v.try(ctx, trial)
		if err != nil {
			return nil, err
		}
		if len(warnings) < rules.MaxCauses {
			warnings = append(warnings, warned...)
		}
		errs = append(errs, wrong.WithOrigin(rules.RuleTemplate)...)
	}
	return warnings, templateKind.invalid(template, errs)
}

// colliding returns a template whose name has the same hash as the name of this new one, or nil. The cache may have a
// template that is gone, which is no reason to refuse. So colliding reads the template live.
func (v *templateValidator) colliding(ctx context.Context, template *extensionsv1.SandboxTemplate) (*extensionsv1.SandboxTemplate, error) {
	var list extensionsv1.SandboxTemplateList
	if err := v.templates.cache.List(ctx, &list, client.InNamespace(template.Namespace),
		client.MatchingFields{nameHash: rules.Hash(template.Name)}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing templates: %w", err)
	}
	for i := range list.Items {
		if !rules.NamesCollide(template, &list.Items[i]) {
			continue
		}
		other, err := v.templates.getLive(ctx, template.Namespace, list.Items[i].Name)
		if err != nil || other != nil {
			return other, err
		}
	}
	return nil, nil
}

// dryRunCase is an object that would come of a template, to ask the API server about.
type dryRunCase struct {
	object client.Object
	// path is where in the template the object comes from. An error at <within>x of the object is an error at <path>.x.
	path   *field.Path
	within string
}

// changedCases returns the objects that would come of template and did not come of old, which is nil on create. What comes of both
// has been tried, or was there before the webhook.
func changedCases(old, template *extensionsv1.SandboxTemplate) []dryRunCase {
	cases := dryRunCases(template)
	if old == nil {
		return cases
	}
	before := dryRunCases(old)
	return slices.DeleteFunc(cases, func(c dryRunCase) bool {
		return slices.ContainsFunc(before, func(b dryRunCase) bool {
			return b.path.String() == c.path.String() && equality.Semantic.DeepEqual(b.object, c.object)
		})
	})
}

// dryRunCases returns the Pod, the volumes and the NetworkPolicy that would come of template.
func dryRunCases(template *extensionsv1.SandboxTemplate) []dryRunCase {
	spec := field.NewPath("spec")
	sample := rules.SampleSandbox(template)
	list := []dryRunCase{{object: rules.NewUnownedPod(sample), path: spec.Child("podTemplate")}}
	for i := range sample.Spec.VolumeClaimTemplates {
		list = append(list, dryRunCase{object: rules.NewUnownedVolumeClaim(sample, i), path: spec.Child("volumeClaimTemplates").Index(i)})
	}
	if policy := rules.SampleNetworkPolicy(template); policy != nil {
		list = append(list, dryRunCase{object: policy, path: spec.Child("networkPolicy"), within: "spec."})
	}
	return list
}

// try asks the API server whether it would accept the object. What the API server refuses is an error. What it forbids, for
// the namespace's quota or its pod security, is a warning, because that can change.
func (v *templateValidator) try(ctx context.Context, trial dryRunCase) (admission.Warnings, field.ErrorList, error) {
	err := v.dryRun.Create(ctx, trial.object)
	switch {
	case err == nil:
		return nil, nil, nil
	case apierrors.IsForbidden(err):
		said := rules.Cut(err.Error(), answerLimit)
		return admission.Warnings{fmt.Sprintf("%s: the namespace does not allow this now: %s", trial.path, said)}, nil, nil
	case rules.IsRefusal(err):
		return nil, causes(err, trial.path, trial.within), nil
	default:
		return nil, nil, fmt.Errorf("asking the API server about %s: %w", trial.path, err)
	}
}

// answerLimit is how much is passed on of an answer of the API server that has no causes, in bytes. The API server cuts warnings at 4096
// in all.
const answerLimit = 1024

// causes returns what the API server found wrong, as errors below path. It removes the part of each field that is called
// within.
func causes(err error, path *field.Path, within string) field.ErrorList {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, rules.Cut(err.Error(), answerLimit))}
	}
	var errs field.ErrorList
	for _, cause := range status.Status().Details.Causes {
		kind, at := errorType(cause.Type), path
		if cause.Field != "" {
			at = path.Child(strings.TrimPrefix(cause.Field, within))
		}
		errs = append(errs, &field.Error{
			Type: kind, Field: at.String(), BadValue: field.OmitValueType{},
			Detail: strings.TrimPrefix(strings.TrimPrefix(cause.Message, kind.String()), ": "),
		})
	}
	return errs
}

// errorType returns the type of a field error whose cause is of type t. It returns Invalid for a type that this program does
// not know.
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
