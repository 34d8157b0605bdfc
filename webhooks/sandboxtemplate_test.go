package webhooks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// answers is an API server that is asked to try objects. It has the answers for Pods, for NetworkPolicies, and for
// PersistentVolumeClaims by their names. What is slow is answered when nobody waits any more.
type answers struct {
	pod     error
	asSent  error
	policy  error
	volumes map[string]error
	slow    string

	mu    sync.Mutex
	asked []client.Object
}

func (a *answers) Create(ctx context.Context, obj client.Object, _ ...client.CreateOption) error {
	a.mu.Lock()
	a.asked = append(a.asked, obj)
	a.mu.Unlock()
	if fmt.Sprintf("%T", obj) == a.slow {
		<-ctx.Done()
		return ctx.Err()
	}
	switch obj.(type) {
	case *corev1.Pod:
		return a.pod
	case *corev1.PodTemplate:
		return a.asSent
	case *networkingv1.NetworkPolicy:
		return a.policy
	}
	return a.volumes[obj.GetName()]
}

func invalidPod(errs ...*field.Error) error {
	return apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "", errs)
}

// invalidAsSent returns the answer for the PodTemplate of an invalid Pod.
func invalidAsSent() error {
	return apierrors.NewInvalid(schema.GroupKind{Kind: "PodTemplate"}, "", field.ErrorList{field.Required(field.NewPath("template", "spec"), "")})
}

func invalidVolume(errs ...*field.Error) error {
	return apierrors.NewInvalid(schema.GroupKind{Kind: "PersistentVolumeClaim"}, "", errs)
}

func TestTemplateValidator(t *testing.T) {
	image := field.NewPath("spec", "containers").Index(0).Child("image")
	modes := field.NotSupported(field.NewPath("spec", "accessModes"), "x", []string{"y"})
	pods := schema.GroupResource{Resource: "pods"}
	forbidden := apierrors.NewForbidden(pods, "", errors.New("exceeded quota"))
	// denied returns the error for a webhook's answer, and policy that for a policy's.
	denied := func(code int32) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Message: `admission webhook "policy" denied the request: no`}}
	}
	policy := apierrors.NewForbidden(pods, "t-trial", errors.New("ValidatingAdmissionPolicy 'owners' denied request: no"))
	policy.ErrStatus.Code, policy.ErrStatus.Reason = 422, metav1.StatusReasonInvalid
	policy.ErrStatus.Details.Causes = []metav1.StatusCause{{Message: "no"}}
	const notNow, unknown = "the namespace does not allow this now: ", "nobody knows whether the namespace allows this: "
	const webhooks = `admission webhook "policy" denied the request: no`
	for name, tc := range map[string]struct {
		answers  *answers
		label    string
		want     string
		warnings []string
	}{
		"the API server takes all": {answers: &answers{}, want: "allowed"},
		"it has a label that no Pod gets": {
			answers: &answers{}, label: "agents.x-k8s.io/claim-uid", want: "allowed", warnings: []string{
				"spec.podTemplate.metadata.labels[agents.x-k8s.io/claim-uid]: ignored: only Namesake's controller sets this on a Pod, use a key of your own",
			},
		},
		"it refuses the Pod": {
			answers: &answers{pod: invalidPod(field.Required(image, "")), asSent: invalidAsSent()}, want: "422 FieldValueRequired spec.podTemplate.spec.containers[0].image",
		},
		"it refuses the Pod that admission made of a valid one": {
			answers: &answers{pod: invalidPod(field.Required(image, ""))}, want: "allowed", warnings: []string{
				"spec.podTemplate: " + notNow + `Pod "" is invalid: spec.containers[0].image: Required value ` +
					"(it is valid as it was sent: something in the cluster, such as a LimitRange or a webhook, changes it)",
			},
		},
		"it refuses the Pod, and PodTemplates are not allowed": {
			answers: &answers{pod: invalidPod(field.Required(image, "")), asSent: denied(403)}, want: "allowed", warnings: []string{
				"spec.podTemplate: " + unknown + `Pod "" is invalid: spec.containers[0].image: Required value ` +
					"(it is not known whether it was when it was sent: " + webhooks + ")",
			},
		},
		"it refuses a volume": {
			answers: &answers{volumes: map[string]error{"data-t-trial": invalidVolume(modes)}},
			want:    "422 FieldValueNotSupported spec.volumeClaimTemplates[1].spec.accessModes",
		},
		"it refuses both": {
			answers: &answers{
				pod: invalidPod(field.Required(image, "")), asSent: invalidAsSent(), volumes: map[string]error{"home-t-trial": invalidVolume(modes)},
			},
			want: "422 FieldValueRequired spec.podTemplate.spec.containers[0].image FieldValueNotSupported spec.volumeClaimTemplates[0].spec.accessModes",
		},
		"it refuses the rules of the NetworkPolicy": {
			answers: &answers{policy: apierrors.NewInvalid(schema.GroupKind{Group: "networking.k8s.io", Kind: "NetworkPolicy"}, "", field.ErrorList{
				field.Invalid(field.NewPath("spec", "egress").Index(0).Child("to").Index(0).Child("ipBlock", "cidr"), "x", "no"),
			})},
			want: "422 FieldValueInvalid spec.networkPolicy.egress[0].to[0].ipBlock.cidr",
		},
		"the namespace does not allow it now": {
			answers: &answers{pod: forbidden}, want: "allowed", warnings: []string{"spec.podTemplate: " + notNow + "pods is forbidden: exceeded quota"},
		},
		"a policy refuses the Pod, with the code of validation": {
			answers: &answers{pod: policy}, want: "allowed",
			warnings: []string{`spec.podTemplate: ` + notNow + `pods "t-trial" is forbidden: ValidatingAdmissionPolicy 'owners' denied request: no`},
		},
		"a webhook refuses the Pod, without a code": {
			answers: &answers{pod: denied(400)}, want: "allowed", warnings: []string{"spec.podTemplate: " + notNow + webhooks},
		},
		"a webhook refuses the Pod, with a code of its own": {
			answers: &answers{pod: denied(418)}, want: "allowed", warnings: []string{"spec.podTemplate: " + notNow + webhooks},
		},
		"a webhook says that the Pod is there already": {
			answers: &answers{pod: denied(409)}, want: "allowed", warnings: []string{"spec.podTemplate: " + notNow + webhooks},
		},
		"the Pod is there already": {answers: &answers{pod: apierrors.NewAlreadyExists(pods, "t-trial")}, want: "allowed"},
		"a webhook refuses a volume and the policy": {
			answers: &answers{policy: denied(403), volumes: map[string]error{"data-t-trial": denied(422)}}, want: "allowed",
			warnings: []string{"spec.volumeClaimTemplates[1]: " + notNow + webhooks, "spec.networkPolicy: " + notNow + webhooks},
		},
		"a webhook is down": {
			answers: &answers{pod: apierrors.NewInternalError(errors.New(`failed calling webhook "policy"`))}, want: "allowed",
			warnings: []string{"spec.podTemplate: " + unknown + `Internal error occurred: failed calling webhook "policy"`},
		},
		"a webhook is down, and a volume can never be": {
			answers: &answers{
				pod: apierrors.NewInternalError(errors.New("down")), volumes: map[string]error{"data-t-trial": invalidVolume(modes)},
			},
			want:     "422 FieldValueNotSupported spec.volumeClaimTemplates[1].spec.accessModes",
			warnings: []string{"spec.podTemplate: " + unknown + "Internal error occurred: down"},
		},
		"a webhook is slow": {
			answers: &answers{slow: "*v1.Pod"}, want: "allowed", warnings: []string{"spec.podTemplate: " + unknown + "context deadline exceeded"},
		},
		"a webhook is slow, and a volume can never be": {
			answers:  &answers{slow: "*v1.Pod", volumes: map[string]error{"data-t-trial": invalidVolume(modes)}},
			want:     "422 FieldValueNotSupported spec.volumeClaimTemplates[1].spec.accessModes",
			warnings: []string{"spec.podTemplate: " + unknown + "context deadline exceeded"},
		},
		"it does not answer": {
			answers: &answers{volumes: map[string]error{"data-t-trial": errors.New("connection refused")}}, want: "allowed",
			warnings: []string{"spec.volumeClaimTemplates[1]: " + unknown + "connection refused"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			template := builder.MakeTemplate("t").Namespace("ns").VolumeClaimTemplate("home").VolumeClaimTemplate("data").
				NetworkPolicy(extensionsv1.NetworkPolicySpec{}).Obj()
			if tc.label != "" {
				template.Spec.PodTemplate.Metadata.Labels = map[string]string{tc.label: "x"}
			}
			v := &templateValidator{dryRun: tc.answers, patience: time.Second / 10, templates: templatesOf(shelfOf(), shelfOf())}
			response := admission.WithValidator(scheme(t), check[*extensionsv1.SandboxTemplate](v.check)).Handle(t.Context(), request(t, someUser, nil, template))
			if got := answer(response); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if diff := cmp.Diff(tc.warnings, response.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			want := 4
			if rules.IsInvalidObject(tc.answers.pod) {
				want++ // Whether it is as it is sent, too.
			}
			if len(tc.answers.asked) != want {
				t.Errorf("asked about %d objects, want %d", len(tc.answers.asked), want)
			}
			for _, obj := range tc.answers.asked {
				if obj.GetNamespace() != "ns" {
					t.Errorf("asked for %T in %q", obj, obj.GetNamespace())
				}
			}
		})
	}
}

// Whoever gave up on the template gets no answer, and nothing that is slow for one volume is tried for all of them.
func TestTemplateTrialsEnd(t *testing.T) {
	template := builder.MakeTemplate("t").Namespace("ns")
	for i := range 50 {
		template.VolumeClaimTemplate(fmt.Sprintf("data-%d", i))
	}
	api := &answers{slow: "*v1.PersistentVolumeClaim"}
	v := &templateValidator{dryRun: api, patience: time.Second / 10, templates: templatesOf(shelfOf(), shelfOf())}
	handler := admission.WithValidator(scheme(t), check[*extensionsv1.SandboxTemplate](v.check))
	response := handler.Handle(t.Context(), request(t, someUser, nil, template.Obj()))
	if !response.Allowed || len(api.asked) != 2 || len(response.Warnings) != 1 {
		t.Errorf("%s: asked %d times, want 2: %v", answer(response), len(api.asked), response.Warnings)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if response := handler.Handle(gone, request(t, someUser, nil, template.Obj())); response.Allowed {
		t.Error("a request that has ended is allowed")
	}
}

// A change of a template asks the API server only about what it changes.
func TestTemplateChanges(t *testing.T) {
	before := func() *builder.TemplateWrapper {
		return builder.MakeTemplate("t").Namespace("ns").VolumeClaimTemplate("home").NetworkPolicy(extensionsv1.NetworkPolicySpec{})
	}
	for name, tc := range map[string]struct {
		after *builder.TemplateWrapper
		want  []string
	}{
		"nothing":            {before(), nil},
		"another image":      {before().Image("other"), []string{"*v1.Pod"}},
		"another volume":     {before().VolumeClaimTemplate("data"), []string{"*v1.PersistentVolumeClaim", "*v1.Pod"}},
		"the policy's rules": {before().NetworkPolicy(extensionsv1.NetworkPolicySpec{Egress: []networkingv1.NetworkPolicyEgressRule{{}}}), []string{"*v1.NetworkPolicy"}},
	} {
		t.Run(name, func(t *testing.T) {
			api := &answers{}
			v := &templateValidator{dryRun: api, patience: time.Minute, templates: templatesOf(shelfOf(), shelfOf())}
			response := admission.WithValidator(scheme(t), check[*extensionsv1.SandboxTemplate](v.check)).
				Handle(t.Context(), request(t, someUser, before().Obj(), tc.after.Obj()))
			var asked []string
			for _, obj := range api.asked {
				asked = append(asked, fmt.Sprintf("%T", obj))
			}
			slices.Sort(asked)
			if diff := cmp.Diff(tc.want, asked); diff != "" || !response.Allowed {
				t.Errorf("%v; asked (-want +got):\n%s", response.Result, diff)
			}
		})
	}
}

func templatesOf(cache, live *shelf) lookup[extensionsv1.SandboxTemplate, *extensionsv1.SandboxTemplate] {
	return lookup[extensionsv1.SandboxTemplate, *extensionsv1.SandboxTemplate]{cache: cache, live: live}
}

// TestTemplateNames checks that a new name must not have the hash of another template's name. The cached template may be
// gone, so it is read live.
func TestTemplateNames(t *testing.T) {
	one, two := builder.CollidingNames()
	template := func(name string) *extensionsv1.SandboxTemplate {
		return builder.MakeTemplate(name).Namespace("ns").Obj()
	}
	first, second := template(one), template(two)
	elsewhere := builder.MakeTemplate(one).Namespace("other").Obj()
	lost := errors.New("lost")
	const refused = "422 FieldValueInvalid metadata.name"
	for name, tc := range map[string]struct {
		old         *extensionsv1.SandboxTemplate
		cache, live *shelf
		want        string
		looks       int
	}{
		"alone":                               {nil, shelfOf(), shelfOf(), "allowed", 0},
		"beside one of the same hash":         {nil, shelfOf(first), shelfOf(first), refused, 1},
		"beside one that is gone":             {nil, shelfOf(first), shelfOf(), "allowed", 1},
		"beside one in another namespace":     {nil, shelfOf(elsewhere), shelfOf(elsewhere), "allowed", 0},
		"beside one of another hash":          {nil, shelfOf(template("python")), shelfOf(template("python")), "allowed", 0},
		"that is there already":               {nil, shelfOf(second), shelfOf(second), "allowed", 0},
		"an update, beside one that collides": {second, shelfOf(first, second), shelfOf(first, second), "allowed", 0},
		"the cache does not answer":           {nil, &shelf{err: lost}, shelfOf(), "500", 0},
		"the API server does not answer":      {nil, shelfOf(first), &shelf{err: lost}, "500", 1},
	} {
		t.Run(name, func(t *testing.T) {
			v := &templateValidator{dryRun: &answers{}, patience: time.Minute, templates: templatesOf(tc.cache, tc.live)}
			response := admission.WithValidator(scheme(t), check[*extensionsv1.SandboxTemplate](v.check)).Handle(t.Context(), request(t, someUser, tc.old, second))
			if got := answer(response); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if tc.live.asked != tc.looks {
				t.Errorf("looked %d times, want %d", tc.live.asked, tc.looks)
			}
		})
	}
}

// TestCauses checks that the API server's words come through once, below the field of the template.
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
			for _, err := range causes(fmt.Errorf("trying: %w", tc.err), path, "") {
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
