package rules_test

import (
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

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// The PodTemplate has all of the Pod that a template has, and nothing that could be refused for its own sake.
func TestAsPodTemplate(t *testing.T) {
	pod := rules.NewPod(builder.MakeSandbox("a").PodLabel("team", "blue").PodAnnotation("note", "b").Obj())
	got := rules.AsPodTemplate(pod)
	want := &corev1.PodTemplate{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: "a"},
		Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels, Annotations: pod.Annotations}, Spec: pod.Spec,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got.Template.Spec.Containers[0].Image = "other"
	if pod.Spec.Containers[0].Image == "other" {
		t.Error("it shares the Pod's spec")
	}
}

// Only what validation finds below the template tells that the Pod is invalid as it is sent. Who refuses PodTemplates says nothing of it.
func TestPodAsSent(t *testing.T) {
	templates := schema.GroupResource{Resource: "podtemplates"}
	invalid := func(path ...string) error {
		var errs field.ErrorList
		for _, p := range path {
			errs = append(errs, field.Invalid(field.NewPath(p), 99999, "no"))
		}
		return apierrors.NewInvalid(schema.GroupKind{Kind: "PodTemplate"}, "a", errs)
	}
	denied := func(code int32) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{
			Code: code, Reason: metav1.StatusReasonAlreadyExists, Message: `admission webhook "policy" denied the request: no`,
		}}
	}
	const port = "template.spec.containers[0].ports[0].containerPort"
	for name, tc := range map[string]struct {
		answer error
		want   rules.PodAsSent
	}{
		"accepted":                       {nil, rules.PodAsSentValid},
		"one of that name is there":      {apierrors.NewAlreadyExists(templates, "a"), rules.PodAsSentValid},
		"invalid":                        {invalid(port), rules.PodAsSentInvalid},
		"invalid, wrapped":               {fmt.Errorf("trying: %w", invalid(port)), rules.PodAsSentInvalid},
		"invalid there and elsewhere":    {invalid("metadata.labels", port), rules.PodAsSentInvalid},
		"invalid elsewhere":              {invalid("metadata.labels"), rules.PodAsSentUnknown},
		"a webhook denies it":            {denied(403), rules.PodAsSentUnknown},
		"a webhook says it is there":     {denied(409), rules.PodAsSentUnknown},
		"the manager lacks the right":    {apierrors.NewForbidden(templates, "a", errors.New("no right")), rules.PodAsSentUnknown},
		"the API server does not answer": {errors.New("connection refused"), rules.PodAsSentUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.JudgePodAsSent(tc.answer); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// What admission made invalid is a refusal, which may end, and not an invalid configuration.
func TestMadeInvalid(t *testing.T) {
	invalid := apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "a", field.ErrorList{field.Required(field.NewPath("spec"), "")})
	for name, tc := range map[string]struct {
		answer error
		says   string
	}{
		"valid as sent": {nil, "valid as it was sent"},
		"not known":     {errors.New("lost"), "not known whether it was when it was sent: lost"},
	} {
		t.Run(name, func(t *testing.T) {
			err := rules.PodCreationError("a", rules.MadeInvalidError(invalid, tc.answer))
			if rules.IsInvalidObject(err) || rules.IsInvalidConfiguration(errors.Join(err)) || !rules.IsRefusal(err) {
				t.Errorf("invalid: %t, refused: %t", rules.IsInvalidObject(err), rules.IsRefusal(err))
			}
			if !strings.Contains(err.Error(), invalid.Error()) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("it says %v", err)
			}
		})
	}
}
