package webhooks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// The kinds of the objects that come of a template, as the API server names them when it finds one invalid.
var (
	trialPod    = corev1.SchemeGroupVersion.WithKind("Pod").GroupKind()
	trialVolume = corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim").GroupKind()
	trialPolicy = networkingv1.SchemeGroupVersion.WithKind("NetworkPolicy").GroupKind()
)

// trial is an object that would come of a template, to ask the API server about.
type trial struct {
	kind   schema.GroupKind
	object client.Object
	// path is where in the template the object comes from. An error at <within>x of the object is an error at <path>.x.
	path   *field.Path
	within string
}

// trialAnswer is what a trial showed: what is wrong with the template, and what is not but stands in its way now.
type trialAnswer struct {
	warnings admission.Warnings
	errs     field.ErrorList
}

// changedTrials returns the objects that would come of template and did not come of old, which is nil on create. What comes of
// both has been tried, or was there before the webhook.
func (v *templateValidator) changedTrials(old, template *extensionsv1.SandboxTemplate) []trial {
	trials := trialsOf(template, v.nameservers)
	if old == nil {
		return trials
	}
	before := trialsOf(old, v.nameservers)
	return slices.DeleteFunc(trials, func(t trial) bool {
		return slices.ContainsFunc(before, func(b trial) bool {
			return b.path.String() == t.path.String() && equality.Semantic.DeepEqual(b.object, t.object)
		})
	})
}

// trialsOf returns the Pod, the volumes and the NetworkPolicy that would come of template with the operator's nameservers.
func trialsOf(template *extensionsv1.SandboxTemplate, nameservers rules.Nameservers) []trial {
	spec := field.NewPath("spec")
	sample := nameservers.Serve(rules.SampleSandbox(template), template)
	list := []trial{{kind: trialPod, object: rules.NewPod(sample), path: spec.Child("podTemplate")}}
	for i := range sample.Spec.VolumeClaimTemplates {
		list = append(list, trial{
			kind: trialVolume, object: rules.NewVolumeClaim(sample, i), path: spec.Child("volumeClaimTemplates").Index(i),
		})
	}
	if policy := rules.SampleNetworkPolicy(template); policy != nil {
		list = append(list, trial{kind: trialPolicy, object: policy, path: spec.Child("networkPolicy"), within: "spec."})
	}
	return list
}

// tryAll tries all trials, and returns an answer for each, in their order. It takes no longer than v.patience. Each kind of
// object is tried beside the others: what is slow for Pods leaves the volumes their time.
func (v *templateValidator) tryAll(ctx context.Context, trials []trial) []trialAnswer {
	ctx, cancel := context.WithTimeout(ctx, v.patience)
	defer cancel()
	answers := make([]trialAnswer, len(trials))
	var tries sync.WaitGroup
	for _, kind := range []schema.GroupKind{trialPod, trialVolume, trialPolicy} {
		tries.Go(func() {
			wrong := 0
			for i := range trials {
				if wrong > rules.MaxCauses || ctx.Err() != nil {
					return // More is not told.
				}
				if trials[i].kind == kind {
					answers[i] = v.try(ctx, &trials[i])
					wrong += len(answers[i].errs)
				}
			}
		})
	}
	tries.Wait()
	return answers
}

// try asks the API server whether it would accept an object. What its own validation finds in what is sent is an error. Everything
// else is a warning, because it can change: a quota, Pod Security, a policy or a webhook of the cluster that refuses the object, one
// that is down or slow, and a field that is dropped without a word.
func (v *templateValidator) try(ctx context.Context, t *trial) trialAnswer {
	made, _ := t.object.DeepCopyObject().(client.Object)
	err := v.dryRun.Create(ctx, made)
	switch said := rules.Cut(fmt.Sprint(err), answerLimit); {
	case err == nil:
		return trialAnswer{warnings: droppedWarnings(t, made)}
	case rules.IsInvalidObject(err):
		return v.tryAsSent(ctx, t, err)
	case rules.IsRefusal(err):
		return trialAnswer{warnings: admission.Warnings{fmt.Sprintf("%s: the namespace does not allow this now: %s", t.path, said)}}
	case apierrors.IsAlreadyExists(err): // It found nothing wrong before it looked for the name.
		return trialAnswer{}
	default:
		return trialAnswer{warnings: admission.Warnings{fmt.Sprintf("%s: nobody knows whether the namespace allows this: %s", t.path, said)}}
	}
}

// tryAsSent returns the answer for an object that the API server finds invalid. A Pod that was valid when it was sent is a warning, and
// so is one of which that is not known.
func (v *templateValidator) tryAsSent(ctx context.Context, t *trial, invalid error) trialAnswer {
	pod, ok := t.object.(*corev1.Pod)
	if !ok {
		return trialAnswer{errs: causes(invalid, t.path, t.within)}
	}
	answer := v.dryRun.Create(ctx, rules.AsPodTemplate(pod))
	sense := "nobody knows whether the namespace allows this"
	switch rules.JudgePodAsSent(answer) {
	case rules.PodAsSentInvalid:
		return trialAnswer{errs: causes(invalid, t.path, t.within)}
	case rules.PodAsSentValid:
		sense = "the namespace does not allow this now"
	case rules.PodAsSentUnknown:
	}
	said := rules.Cut(rules.MadeInvalidError(invalid, answer).Error(), answerLimit)
	return trialAnswer{warnings: admission.Warnings{fmt.Sprintf("%s: %s: %s", t.path, sense, said)}}
}

// droppedWarnings returns a warning for each field of the trial's object that made lacks, which the API server made of it.
func droppedWarnings(t *trial, made client.Object) admission.Warnings {
	dropped, err := rules.DroppedFields(t.object, made)
	if err != nil {
		return admission.Warnings{fmt.Sprintf("%s: nobody knows whether this Kubernetes has all of it: %v", t.path, err)}
	}
	var warnings admission.Warnings
	for _, path := range dropped {
		warnings = append(warnings, fmt.Sprintf("%s: ignored: this Kubernetes does not have it, or a feature gate or a webhook takes it out",
			t.path.Child(strings.TrimPrefix(path.String(), t.within))))
	}
	return warnings
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
