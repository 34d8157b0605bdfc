package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/namesake-sandbox/namesake/api/rules"
)

func TestCheckAdmission(t *testing.T) {
	pods := schema.GroupKind{Kind: "Pod"}
	cases := map[string]struct {
		answer func(*corev1.Pod) error
		want   string
	}{
		"refused by the rule": {
			answer: func(pod *corev1.Pod) error {
				return apierrors.NewInvalid(pods, pod.Name, rules.CheckPodOwner(nil, pod, rules.Controller))
			},
		},
		"accepted": {
			answer: func(*corev1.Pod) error { return nil },
			want:   "does not ask admission",
		},
		"refused for another field": {
			answer: func(pod *corev1.Pod) error {
				return apierrors.NewInvalid(pods, pod.Name, field.ErrorList{field.Required(field.NewPath("spec"), "")})
			},
			want: "not for its name",
		},
		"the webhook is not reached": {
			answer: func(*corev1.Pod) error { return apierrors.NewInternalError(errors.New("failed calling webhook")) },
			want:   "failed calling webhook",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := interceptor.NewClient(fake.NewFakeClient(), interceptor.Funcs{
				Create: func(_ context.Context, _ client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
					applied := client.CreateOptions{}
					applied.ApplyOptions(opts)
					if len(applied.DryRun) == 0 {
						t.Error("it is no dry run")
					}
					return c.answer(obj.(*corev1.Pod))
				},
			})
			err := checkAdmission(t.Context(), server, "default")
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
