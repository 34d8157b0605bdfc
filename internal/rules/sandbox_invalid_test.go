package rules_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Only the API server's own word that an object is invalid ends the tries. What somebody denies, in whatever form, may end.
func TestInvalidConfiguration(t *testing.T) {
	invalid := func(kind string) error {
		errs := field.ErrorList{field.NotFound(field.NewPath("spec"), "workspace")}
		return fmt.Errorf("creating it: %w", apierrors.NewInvalid(schema.GroupKind{Kind: kind}, "a", errs))
	}
	// denied is a 422 with the details of an invalid Pod, as a webhook or a policy may answer.
	denied := func(message string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{
			Code: 422, Reason: metav1.StatusReasonInvalid, Message: message, Details: &metav1.StatusDetails{Kind: "Pod", Name: "a"},
		}}
	}
	const policy = `pods "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: Pod "a" is invalid: no`
	quota := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "a", errors.New("exceeded quota"))
	for name, tc := range map[string]struct {
		problem error
		want    bool
	}{
		"nothing":                     {nil, false},
		"an invalid Pod":              {invalid("Pod"), true},
		"an invalid volume":           {errors.Join(invalid("PersistentVolumeClaim")), true},
		"an invalid Pod, and more":    {errors.Join(invalid("Pod"), errors.Join(invalid("Service"))), true},
		"an invalid Pod, and a quota": {errors.Join(invalid("Pod"), quota), false},
		"a quota":                     {quota, false},
		"a policy":                    {denied(policy), false},
		"a webhook":                   {denied(`admission webhook "policy.example.com" denied the request: Pod "a" is invalid: no`), false},
		"a patch that does not fit":   {denied("the server rejected our request due to an error in our request"), false},
		"a lost connection":           {errors.New(`Pod "a" is invalid: lost`), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.IsInvalidConfiguration(tc.problem); got != tc.want {
				t.Errorf("got %t", got)
			}
			if tc.problem == nil {
				return
			}
			reason := map[bool]string{true: "InvalidConfiguration", false: "ReconcilerError"}[tc.want]
			status := rules.SandboxStatus(builder.MakeSandbox("a").Obj(), rules.Observed{Err: tc.problem}, later)
			if got, want := told(status, "Ready"), reason+": Error seen: "+tc.problem.Error(); got != want {
				t.Errorf("it says %s, want %s", got, want)
			}
		})
	}
}

// However much is wrong with an object, what is kept of it is short, and says the same.
func TestBriefInvalid(t *testing.T) {
	var errs field.ErrorList
	for i := range 1000 {
		errs = append(errs, field.Invalid(field.NewPath("spec").Index(i), strings.Repeat("x", 1000), "no"))
	}
	invalid := apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "a", errs)
	for name, err := range map[string]error{
		"much is wrong":   invalid,
		"little is wrong": apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "a", errs[:1]),
		"in other words":  fmt.Errorf("creating it: %w", invalid),
	} {
		t.Run(name, func(t *testing.T) {
			brief := rules.BriefInvalid(err)
			if !rules.IsInvalidObject(brief) || !strings.HasPrefix(err.Error(), brief.Error()[:1000]) {
				t.Errorf("in brief: %v", brief)
			}
			if content, _ := json.Marshal(brief); len(content) > 5000 {
				t.Errorf("%d bytes are kept", len(content))
			}
		})
	}
}
