package serving_test

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/namesake-sandbox/namesake/api/rules"
	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
)

// The Pod that is asked for is refused by the very rule, for its name.
func TestWronglyNamedPod(t *testing.T) {
	pod := serving.WronglyNamedPod("default", serving.ProbeName)
	errs := rules.CheckPodOwner(nil, pod, rules.User)
	if len(errs) != 1 || errs[0].Field != "metadata.name" {
		t.Fatalf("refused for %v", errs)
	}
	err := apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, pod.Name, errs)
	if problem := serving.Refused(err); problem != nil {
		t.Errorf("not taken for a refusal: %v", problem)
	}
}

func TestRefused(t *testing.T) {
	pods := schema.GroupKind{Kind: "Pod"}
	for name, err := range map[string]error{
		"it is accepted":              nil,
		"the webhook does not answer": apierrors.NewInternalError(errors.New("failed calling webhook")),
		"something else is invalid":   apierrors.NewInvalid(pods, "p", field.ErrorList{field.Required(field.NewPath("spec"), "")}),
		"who asks may not":            apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "p", errors.New("no")),
	} {
		t.Run(name, func(t *testing.T) {
			if serving.Refused(err) == nil {
				t.Error("taken for admission's refusal")
			}
		})
	}
}
