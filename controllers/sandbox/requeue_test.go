package sandbox

import (
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestSift(t *testing.T) {
	wrong := errors.New("wrong")
	conflict := fmt.Errorf("updating: %w", apierrors.NewConflict(schema.GroupResource{Resource: "pods"}, "a", errors.New("old")))
	for name, tc := range map[string]struct {
		errs             []error
		problem, weather error
	}{
		"nothing":                     {errs: []error{nil, nil}},
		"one thing":                   {errs: []error{nil, wrong}, problem: wrong},
		"an old view":                 {errs: []error{conflict, nil}, weather: conflict},
		"an old view comes first":     {errs: []error{wrong, conflict}, weather: conflict},
		"a view that is made here so": {errs: []error{stale("pods", "a", "it is gone again")}, weather: stale("pods", "a", "it is gone again")},
	} {
		t.Run(name, func(t *testing.T) {
			problem, weather := splitStale(tc.errs...)
			if fmt.Sprint(problem) != fmt.Sprint(tc.problem) || fmt.Sprint(weather) != fmt.Sprint(tc.weather) {
				t.Errorf("got %v and %v, want %v and %v", problem, weather, tc.problem, tc.weather)
			}
		})
	}
}

func TestNext(t *testing.T) {
	const never = 0
	inTheWay := rules.CheckPodTakeover(builder.MakeSandbox("a").Obj(), builder.MakePod("a").Obj())
	policy := rules.NetworkPolicyProblem(builder.MakeTemplate("a").Obj(), nil, nil, rules.DefaultNetwork())
	refused := errors.New("refused")
	invalid := fmt.Errorf("creating: %w", apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "a", field.ErrorList{field.Required(field.NewPath("spec"), "")}))
	unselected := rules.Observed{Pods: []*corev1.Pod{builder.MakePod("a").Obj()}}
	for name, tc := range map[string]struct {
		deleting bool
		left     time.Duration
		observed rules.Observed
		problem  []error
		ended    error
		after    time.Duration
		err      bool
	}{
		"all is well":                                       {after: never},
		"it expires":                                        {left: time.Hour, after: time.Hour},
		"something is in the way":                           {problem: []error{inTheWay}, after: nameConflictRecheck},
		"much is in the way":                                {problem: []error{inTheWay, inTheWay}, after: nameConflictRecheck},
		"a Pod is in the way of a suspension":               {observed: rules.Observed{PodNameTaken: true}, after: nameConflictRecheck},
		"something is in the way, and it expires":           {left: time.Second, problem: []error{inTheWay}, after: time.Second},
		"it expires after what is in the way is looked at":  {left: time.Hour, problem: []error{inTheWay}, after: nameConflictRecheck},
		"something is refused":                              {problem: []error{refused}, after: never, err: true},
		"something is refused, and it expires":              {left: time.Hour, problem: []error{refused}, after: time.Hour, err: true},
		"something is refused, and something is in the way": {problem: []error{inTheWay, refused}, after: never, err: true},
		"its Pod waits for a policy":                        {problem: []error{policy}, after: never},
		"its Pod waits for a policy, and it expires":        {left: time.Hour, problem: []error{policy}, after: time.Hour},
		"its Pod waits, and something is in the way":        {problem: []error{policy, inTheWay}, after: nameConflictRecheck},
		"its Pod waits, and something is refused":           {problem: []error{policy, refused}, after: never, err: true},
		"its status is refused, and it expires":             {left: time.Hour, ended: refused, after: time.Hour, err: true},
		"its Pod is invalid":                                {problem: []error{invalid}, after: invalidRecheck},
		"its Pod is invalid, and it expires":                {left: time.Hour, problem: []error{invalid}, after: invalidRecheck},
		"its Pod is invalid, and it expires soon":           {left: time.Second, problem: []error{invalid}, after: time.Second},
		"its Pod is invalid, and something is refused":      {problem: []error{invalid, refused}, after: never, err: true},
		"its Pod is invalid, and its status is refused":     {problem: []error{invalid}, ended: refused, after: invalidRecheck, err: true},
		"its Pod lacks its template's label":                {observed: unselected, after: labelRecheck},
		"its Pod lacks the label, and it expires":           {left: time.Second, observed: unselected, after: time.Second},
		"its Pod lacks the label, and something is refused": {observed: unselected, problem: []error{refused}, after: never, err: true},
		"it is being deleted":                               {deleting: true, left: time.Hour, problem: []error{refused}, after: never},
		"it is being deleted, and its status is refused":    {deleting: true, left: time.Hour, ended: refused, after: never, err: true},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := builder.MakeSandbox("a").Label(sandboxv1.LabelTemplateRefHash, "12345678")
			if tc.deleting {
				sandbox.Deleting()
			}
			tc.observed.Err = errors.Join(tc.problem...)
			result, err := requeue(sandbox.Obj(), tc.observed, tc.left, tc.ended)
			if result.RequeueAfter != tc.after || (err != nil) != tc.err {
				t.Errorf("looks again after %s, error %v; want %s, %t", result.RequeueAfter, err, tc.after, tc.err)
			}
		})
	}
}

func TestOnlyInTheWay(t *testing.T) {
	inTheWay := rules.CheckPodTakeover(builder.MakeSandbox("a").Obj(), builder.MakePod("a").Obj())
	if !onlyNameConflicts(inTheWay) || onlyNameConflicts(errors.New("refused")) {
		t.Error("an error by itself is taken for another")
	}
}

func TestWithoutPolicyWaits(t *testing.T) {
	policy := rules.NetworkPolicyProblem(builder.MakeTemplate("a").Obj(), nil, nil, rules.DefaultNetwork())
	refused := errors.New("refused")
	for name, tc := range map[string]struct{ problem, want error }{
		"nothing":           {nil, nil},
		"a wait":            {policy, nil},
		"a refusal":         {refused, refused},
		"a wait by itself":  {errors.Join(policy), nil},
		"a wait and a word": {errors.Join(policy, refused), errors.Join(refused)},
	} {
		if got := withoutPolicyWaits(tc.problem); fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
}
