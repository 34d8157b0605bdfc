package rules_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

// What the API server names in any order is said in the same words each time, and nothing of it is lost.
func TestSortedInvalid(t *testing.T) {
	var labels field.ErrorList
	for i := range 12 {
		labels = append(labels, field.Invalid(field.NewPath("metadata", "labels"), fmt.Sprintf("not valid %d", i), "no"))
	}
	keys := field.ErrorList{
		field.Invalid(field.NewPath("metadata", "annotations"), "a b", "no"), field.Required(field.NewPath("metadata", "annotations"), ""),
		field.Invalid(field.NewPath("metadata", "annotations"), "a b", "no"),
	}
	invalid := func(errs ...*field.Error) error {
		return apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "a", errs)
	}
	for name, tc := range map[string]struct {
		errs field.ErrorList
		want string
	}{
		"one cause":             {labels[:1], `Pod "a" is invalid: metadata.labels: Invalid value: "not valid 0": no`},
		"a cause that is twice": {keys, `Pod "a" is invalid: [metadata.annotations: Invalid value: "a b": no, metadata.annotations: Required value]`},
		"many": {labels, `Pod "a" is invalid: [` + strings.Join([]string{
			inLabels(0), inLabels(1), inLabels(10), inLabels(11), inLabels(2), inLabels(3), inLabels(4), inLabels(5), inLabels(6), inLabels(7),
			inLabels(8), inLabels(9),
		}, ", ") + "]"},
	} {
		t.Run(name, func(t *testing.T) {
			for range len(tc.errs) {
				tc.errs = slices.Concat(tc.errs[1:], tc.errs[:1])
				slices.Reverse(tc.errs[:len(tc.errs)/2])
				for err, want := range map[error]string{
					invalid(tc.errs...):                             tc.want,
					fmt.Errorf("patching: %w", invalid(tc.errs...)): "patching: " + tc.want,
				} {
					got := rules.SortedInvalid(err)
					if got.Error() != want || !rules.IsInvalidObject(got) {
						t.Fatalf("got %v, want %s", got, want)
					}
					if brief := rules.BriefInvalid(got); brief.Error() != want {
						t.Fatalf("in brief %v, want %s", brief, want)
					}
				}
			}
		})
	}
	others := &apierrors.StatusError{ErrStatus: *apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "a", keys).ErrStatus.DeepCopy()}
	others.ErrStatus.Message = "in other words"
	for _, err := range []error{others, errors.New("lost")} {
		if got := rules.SortedInvalid(err); got.Error() != err.Error() {
			t.Errorf("got %v, want %v", got, err)
		}
	}
}

func inLabels(i int) string {
	return fmt.Sprintf(`metadata.labels: Invalid value: "not valid %d": no`, i)
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
