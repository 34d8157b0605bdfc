package sandbox

import (
	"errors"
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/namesake-sandbox/namesake/api/rules"
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
			problem, weather := sift(tc.errs...)
			if fmt.Sprint(problem) != fmt.Sprint(tc.problem) || fmt.Sprint(weather) != fmt.Sprint(tc.weather) {
				t.Errorf("got %v and %v, want %v and %v", problem, weather, tc.problem, tc.weather)
			}
		})
	}
}

func TestNext(t *testing.T) {
	const never = 0
	inTheWay := rules.CheckPodTakeover(builder.MakeSandbox("a").Obj(), builder.MakePod("a").Obj())
	refused := errors.New("refused")
	expiring := func(in time.Duration) *builder.SandboxWrapper {
		return builder.MakeSandbox("a").ShutdownTime(builder.Epoch.Add(in))
	}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		seen    rules.Seen
		problem []error
		after   time.Duration
		err     bool
	}{
		"all is well":                             {sandbox: builder.MakeSandbox("a"), after: never},
		"it expires":                              {sandbox: expiring(time.Hour), after: time.Hour},
		"it has expired":                          {sandbox: expiring(0), after: never},
		"something is in the way":                 {sandbox: builder.MakeSandbox("a"), problem: []error{inTheWay}, after: blockedRecheck},
		"much is in the way":                      {sandbox: builder.MakeSandbox("a"), problem: []error{inTheWay, inTheWay}, after: blockedRecheck},
		"a Pod is in the way of a suspension":     {sandbox: builder.MakeSandbox("a"), seen: rules.Seen{PodInTheWay: true}, after: blockedRecheck},
		"something is in the way, and it expires": {sandbox: expiring(time.Second), problem: []error{inTheWay}, after: time.Second},
		"it expires later than what is in the way is looked at": {sandbox: expiring(time.Hour), problem: []error{inTheWay}, after: blockedRecheck},
		"something is refused":                              {sandbox: expiring(time.Hour), problem: []error{refused}, err: true},
		"something is refused, and something is in the way": {sandbox: builder.MakeSandbox("a"), problem: []error{inTheWay, refused}, err: true},
		"it is being deleted":                               {sandbox: expiring(time.Hour).Deleting(), problem: []error{refused}, after: never},
	} {
		t.Run(name, func(t *testing.T) {
			tc.seen.Problem = errors.Join(tc.problem...)
			result, err := next(tc.sandbox.Obj(), tc.seen, builder.Epoch)
			if result.RequeueAfter != tc.after || (err != nil) != tc.err {
				t.Errorf("looks again after %s, error %v; want %s, %t", result.RequeueAfter, err, tc.after, tc.err)
			}
		})
	}
}

func TestOnlyInTheWay(t *testing.T) {
	inTheWay := rules.CheckPodTakeover(builder.MakeSandbox("a").Obj(), builder.MakePod("a").Obj())
	if !onlyInTheWay(inTheWay) || onlyInTheWay(errors.New("refused")) {
		t.Error("an error by itself is taken for another")
	}
	if !isUnread(fmt.Errorf("once more: %w", &unread{errors.New("lost")})) || isUnread(inTheWay) {
		t.Error("an error of reading is taken for another")
	}
}
