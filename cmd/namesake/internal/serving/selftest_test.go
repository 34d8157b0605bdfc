package serving_test

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// TestMisnamedSandbox checks that the very rule refuses the Sandbox, whoever asks for it.
func TestMisnamedSandbox(t *testing.T) {
	sandbox := serving.MisnamedSandbox("default", "probe")
	for _, actor := range []rules.Actor{rules.User, rules.Controller} {
		errs := rules.CheckPodName(nil, sandbox, actor)
		if len(errs) != 1 {
			t.Fatalf("refused for %v", errs)
		}
		err := apierrors.NewInvalid(schema.GroupKind{Kind: "Sandbox"}, sandbox.Name, errs)
		if problem := serving.Refused(err, serving.ByWebhook); problem != nil {
			t.Errorf("not taken for a refusal: %v", problem)
		}
	}
}

func TestRefused(t *testing.T) {
	sandboxes := schema.GroupKind{Kind: "Sandbox"}
	for name, err := range map[string]error{
		"it is accepted":              nil,
		"the webhook does not answer": apierrors.NewInternalError(errors.New("failed calling webhook")),
		"something else is invalid":   apierrors.NewInvalid(sandboxes, "s", field.ErrorList{field.Required(field.NewPath("spec"), "")}),
		"who asks may not":            apierrors.NewForbidden(schema.GroupResource{Resource: "sandboxes"}, "s", errors.New("no")),
	} {
		t.Run(name, func(t *testing.T) {
			if serving.Refused(err, serving.ByWebhook) == nil {
				t.Error("taken for admission's refusal")
			}
		})
	}
}
