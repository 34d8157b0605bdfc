package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/webhooks"
)

func TestCheckAdmission(t *testing.T) {
	sandboxes := schema.GroupKind{Group: sandboxv1.GroupName, Kind: "Sandbox"}
	cases := map[string]struct {
		answer func(*sandboxv1.Sandbox) error
		want   string
	}{
		"refused by the rule": {
			answer: func(sandbox *sandboxv1.Sandbox) error {
				return apierrors.NewInvalid(sandboxes, sandbox.Name, rules.CheckPodName(nil, sandbox, rules.Controller))
			},
		},
		"accepted": {
			answer: func(*sandboxv1.Sandbox) error { return nil },
			want:   "does not ask admission",
		},
		"refused for another field": {
			answer: func(sandbox *sandboxv1.Sandbox) error {
				return apierrors.NewInvalid(sandboxes, sandbox.Name, field.ErrorList{field.Required(field.NewPath("spec"), "")})
			},
			want: "not for its Pod's name",
		},
		"a policy refuses it first, and admission what the probe asks": {
			answer: func(sandbox *sandboxv1.Sandbox) error {
				if _, probe := sandbox.Labels[webhooks.LabelProbe]; !probe {
					return apierrors.NewForbidden(schema.GroupResource{Resource: "sandboxes"}, sandbox.Name, errors.New("images"))
				}
				return apierrors.NewInvalid(sandboxes, sandbox.Name, rules.CheckPodName(nil, sandbox, rules.Controller))
			},
		},
		"a policy refuses it first, and nobody what the probe asks": {
			answer: func(sandbox *sandboxv1.Sandbox) error {
				if _, probe := sandbox.Labels[webhooks.LabelProbe]; probe {
					return nil
				}
				return apierrors.NewForbidden(schema.GroupResource{Resource: "sandboxes"}, sandbox.Name, errors.New("images"))
			},
			want: "does not ask admission",
		},
		"the webhook is not reached": {
			answer: func(*sandboxv1.Sandbox) error {
				return apierrors.NewInternalError(errors.New("failed calling webhook"))
			},
			want: "failed calling webhook",
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
					return c.answer(obj.(*sandboxv1.Sandbox))
				},
			})
			err := checkAdmission(t.Context(), server, "default")
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
