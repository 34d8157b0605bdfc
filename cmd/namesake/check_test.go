package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	invalid := func(sandbox *sandboxv1.Sandbox) error {
		return apierrors.NewInvalid(sandboxes, sandbox.Name, rules.CheckPodName(nil, sandbox, rules.Controller))
	}
	byPolicy := func(sandbox *sandboxv1.Sandbox) error {
		refused := apierrors.NewInvalid(sandboxes, sandbox.Name, nil)
		refused.ErrStatus.Details.Causes = []metav1.StatusCause{{Message: "ValidatingAdmissionPolicy 'a' with binding 'a' denied request: " +
			rules.RulePodName + ": metadata.annotations: a Sandbox's Pod bears its name"}}
		return refused
	}
	stamp := func(sandbox *sandboxv1.Sandbox) error {
		sandbox.Annotations = map[string]string{sandboxv1.AnnotationPodName: sandbox.Name}
		return nil
	}
	none := func(*sandboxv1.Sandbox) error { return nil }
	images := func(sandbox *sandboxv1.Sandbox) error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "sandboxes"}, sandbox.Name, errors.New("images"))
	}
	unreached := func(*sandboxv1.Sandbox) error {
		return apierrors.NewInternalError(errors.New("failed calling webhook"))
	}
	both, alone := asked{webhooks: true, policies: true}, asked{policies: true}
	// A Sandbox with another pod-name comes without the probe's label and with it, and a good one.
	cases := map[string]struct {
		asked                 asked
		misnamed, probe, good func(*sandboxv1.Sandbox) error
		want                  string
	}{
		"all as it should be":                          {both, byPolicy, invalid, stamp, ""},
		"without webhooks":                             {alone, byPolicy, none, none, ""},
		"without policies":                             {asked{webhooks: true}, none, invalid, stamp, ""},
		"accepted":                                     {both, none, invalid, stamp, "does not ask admission"},
		"the policies are not there":                   {both, invalid, invalid, stamp, "not for its Pod's name by who has to"},
		"the webhooks are not there":                   {both, byPolicy, byPolicy, none, "not for its Pod's name by who has to"},
		"nobody asks the webhooks":                     {both, byPolicy, invalid, none, "without asking the webhooks"},
		"the webhook of the probe is not reached":      {both, byPolicy, unreached, stamp, "failed calling webhook"},
		"the other webhooks are not reached":           {both, byPolicy, invalid, unreached, "failed calling webhook"},
		"a policy of the cluster refuses the good one": {both, byPolicy, invalid, images, ""},
		"a policy of the cluster refuses everything":   {both, images, invalid, images, ""},
		"without webhooks, and the policies not there": {alone, none, none, none, "does not ask admission"},
		"the probe is refused for another field": {both, byPolicy, func(sandbox *sandboxv1.Sandbox) error {
			return apierrors.NewInvalid(sandboxes, sandbox.Name, field.ErrorList{field.Required(field.NewPath("spec"), "")})
		}, stamp, "not for its Pod's name by who has to"},
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
					sandbox := obj.(*sandboxv1.Sandbox)
					_, probe := sandbox.Labels[webhooks.LabelProbe]
					switch {
					case probe:
						return c.probe(sandbox)
					case sandbox.Annotations == nil:
						return c.good(sandbox)
					}
					return c.misnamed(sandbox)
				},
			})
			err := checkAdmission(t.Context(), server, "default", c.asked)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
