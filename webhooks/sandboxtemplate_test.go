package webhooks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// answers is an API server that is asked to try objects: what it says of Pods, and of PersistentVolumeClaims by their
// generated names.
type answers struct {
	pod     error
	volumes map[string]error
	asked   []client.Object
}

func (a *answers) Create(_ context.Context, obj client.Object, _ ...client.CreateOption) error {
	a.asked = append(a.asked, obj)
	if _, ok := obj.(*corev1.Pod); ok {
		return a.pod
	}
	return a.volumes[obj.GetGenerateName()]
}

func invalidPod(errs ...*field.Error) error {
	return apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "", errs)
}

func TestTemplateValidator(t *testing.T) {
	image := field.NewPath("spec", "containers").Index(0).Child("image")
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("exceeded quota"))
	for name, tc := range map[string]struct {
		answers  answers
		want     string
		warnings []string
	}{
		"the API server takes all": {want: "allowed"},
		"it refuses the Pod":       {answers: answers{pod: invalidPod(field.Required(image, ""))}, want: "422 FieldValueRequired spec.podTemplate.spec.containers[0].image"},
		"it refuses a volume": {
			answers: answers{volumes: map[string]error{"data-": apierrors.NewInvalid(schema.GroupKind{Kind: "PersistentVolumeClaim"}, "", field.ErrorList{
				field.NotSupported(field.NewPath("spec", "accessModes"), "x", []string{"y"}),
			})}},
			want: "422 FieldValueNotSupported spec.volumeClaimTemplates[1].spec.accessModes",
		},
		"it refuses both": {
			answers: answers{pod: invalidPod(field.Required(image, "")), volumes: map[string]error{"home-": apierrors.NewBadRequest("what?")}},
			want:    "422 FieldValueRequired spec.podTemplate.spec.containers[0].image FieldValueInvalid spec.volumeClaimTemplates[0]",
		},
		"the namespace does not allow it now": {
			answers: answers{pod: forbidden}, want: "allowed",
			warnings: []string{`spec.podTemplate: the namespace does not allow this now: pods is forbidden: exceeded quota`},
		},
		"it does not answer":         {answers: answers{pod: errors.New("connection refused")}, want: "500"},
		"it does not answer in time": {answers: answers{volumes: map[string]error{"data-": apierrors.NewTimeoutError("slow", 1)}}, want: "504"},
	} {
		t.Run(name, func(t *testing.T) {
			template := builder.MakeTemplate("t").Namespace("ns").VolumeClaimTemplate("home").VolumeClaimTemplate("data").Obj()
			v := &templateValidator{dryRun: &tc.answers}
			response := admission.WithValidator(scheme(t), check[*extensionsv1.SandboxTemplate](v.check)).Handle(t.Context(), request(t, someUser, nil, template))
			if got := answer(response); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if diff := cmp.Diff(tc.warnings, response.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			for _, obj := range tc.answers.asked {
				if obj.GetNamespace() != "ns" || obj.GetName() != "" || obj.GetGenerateName() == "" || len(obj.GetOwnerReferences()) > 0 {
					t.Errorf("asked for %T as %q in %q of %v", obj, obj.GetName(), obj.GetNamespace(), obj.GetOwnerReferences())
				}
			}
		})
	}
}

// The API server's words come through once, below the field of the template.
func TestCauses(t *testing.T) {
	path := field.NewPath("spec", "podTemplate")
	at := field.NewPath("spec", "x")
	for name, tc := range map[string]struct {
		err  error
		want []string
	}{
		"required":              {invalidPod(field.Required(at, "")), []string{"spec.podTemplate.spec.x: Required value"}},
		"required, with advice": {invalidPod(field.Required(at, "say it")), []string{"spec.podTemplate.spec.x: Required value: say it"}},
		"invalid":               {invalidPod(field.Invalid(at, "v", "no")), []string{`spec.podTemplate.spec.x: Invalid value: "v": no`}},
		"invalid, a number":     {invalidPod(field.Invalid(at, 7, "")), []string{`spec.podTemplate.spec.x: Invalid value: 7`}},
		"of another type":       {invalidPod(field.TypeInvalid(at, "v", "no")), []string{`spec.podTemplate.spec.x: Invalid value: "v": no`}},
		"not supported":         {invalidPod(field.NotSupported(at, "v", []string{"a", "b"})), []string{`spec.podTemplate.spec.x: Unsupported value: "v": supported values: "a", "b"`}},
		"forbidden":             {invalidPod(field.Forbidden(at, "may not")), []string{"spec.podTemplate.spec.x: Forbidden: may not"}},
		"duplicate":             {invalidPod(field.Duplicate(at, "v")), []string{`spec.podTemplate.spec.x: Duplicate value: "v"`}},
		"not found":             {invalidPod(field.NotFound(at, "v")), []string{`spec.podTemplate.spec.x: Not found: "v"`}},
		"too long":              {invalidPod(field.TooLong(at, "", 3)), []string{"spec.podTemplate.spec.x: Too long: may not be more than 3 bytes"}},
		"too many":              {invalidPod(field.TooMany(at, 4, 3)), []string{"spec.podTemplate.spec.x: Too many: 4: must have at most 3 items"}},
		"two":                   {invalidPod(field.Required(at, ""), field.Required(at.Index(1), "")), []string{"spec.podTemplate.spec.x: Required value", "spec.podTemplate.spec.x[1]: Required value"}},
		"no cause":              {apierrors.NewBadRequest("what?"), []string{"spec.podTemplate: Invalid value: what?"}},
		"a cause without a field": {
			&apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonInvalid, Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Message: "no"}}}}},
			[]string{"spec.podTemplate: Invalid value: no"},
		},
		"no status at all": {errors.New("what?"), []string{"spec.podTemplate: Invalid value: what?"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, err := range causes(fmt.Errorf("trying: %w", tc.err), path) {
				got = append(got, strings.ReplaceAll(err.Error(), "trying: ", ""))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorType(t *testing.T) {
	for cause, want := range map[metav1.CauseType]field.ErrorType{
		metav1.CauseTypeFieldValueRequired: field.ErrorTypeRequired,
		metav1.CauseTypeForbidden:          field.ErrorTypeForbidden,
		metav1.CauseTypeTooLong:            field.ErrorTypeTooLong,
		metav1.CauseTypeInternal:           field.ErrorTypeInvalid,
		"SomethingNew":                     field.ErrorTypeInvalid,
		"":                                 field.ErrorTypeInvalid,
	} {
		if got := errorType(cause); got != want {
			t.Errorf("errorType(%q) = %q, want %q", cause, string(got), string(want))
		}
	}
}
