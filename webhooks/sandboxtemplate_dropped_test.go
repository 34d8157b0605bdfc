package webhooks

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// older is an API server that drops fields that it does not know.
type older struct{}

func (older) Create(_ context.Context, obj client.Object, _ ...client.CreateOption) error {
	switch obj := obj.(type) {
	case *corev1.Pod:
		obj.Spec.HostUsers = nil
	case *corev1.PersistentVolumeClaim:
		obj.Spec.VolumeAttributesClassName = nil
	case *networkingv1.NetworkPolicy:
		for i := range obj.Spec.Egress {
			for j := range obj.Spec.Egress[i].Ports {
				obj.Spec.Egress[i].Ports[j].EndPort = nil
			}
		}
	}
	return nil
}

// A template is accepted with fields that the API server drops from all that comes of it, and its author reads which.
func TestTemplateFieldsThatAreDropped(t *testing.T) {
	template := builder.MakeTemplate("python").VolumeClaimTemplate("data").Obj()
	template.Spec.PodTemplate.Spec.HostUsers = new(false)
	template.Spec.VolumeClaimTemplates[0].Spec.VolumeAttributesClassName = new("fast")
	v := &templateValidator{dryRun: older{}, patience: time.Second, templates: templatesOf(shelfOf(), shelfOf())}
	const ignored = ": ignored: this Kubernetes does not have it, or a feature gate or a webhook takes it out"
	want := admission.Warnings{
		"spec.podTemplate.spec.hostUsers" + ignored,
		"spec.volumeClaimTemplates[0].spec.volumeAttributesClassName" + ignored,
	}
	warnings, err := v.check(t.Context(), admission.Request{}, nil, template)
	if diff := cmp.Diff(want, warnings); err != nil || diff != "" {
		t.Errorf("error %v, warnings (-want +got):\n%s", err, diff)
	}

	labelled := template.DeepCopy()
	labelled.Spec.EnvVarsInjectionPolicy = "Allowed"
	if warnings, err = v.check(t.Context(), admission.Request{}, template, labelled); err != nil || len(warnings) > 0 {
		t.Errorf("a change of something else: %v, %v", warnings, err)
	}
	plain := builder.MakeTemplate("plain").VolumeClaimTemplate("data").Obj()
	if warnings, err = v.check(t.Context(), admission.Request{}, nil, plain); err != nil || len(warnings) > 0 {
		t.Errorf("nothing that is dropped: %v, %v", warnings, err)
	}
}
