package users

import (
	"context"
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
	"github.com/namesake-sandbox/namesake/test/chaos/plan"
)

func TestRefused(t *testing.T) {
	claims := schema.GroupResource{Resource: "sandboxclaims"}
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"forbidden":               {apierrors.NewForbidden(claims, "a", errors.New("no")), true},
		"invalid":                 {apierrors.NewInvalid(schema.GroupKind{Kind: "SandboxClaim"}, "a", nil), true},
		"invalid, wrapped":        {fmt.Errorf("claim: %w", apierrors.NewConflict(claims, "a", nil)), true},
		"too many":                {apierrors.NewTooManyRequests("later", 1), false},
		"a webhook without words": {apierrors.NewInternalError(errors.New("failed calling webhook")), false},
		"no answer":               {context.DeadlineExceeded, false},
	} {
		if got := refused(c.err); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// A choice chooses the namespace first, and what is left of it chooses there: each object comes about as often.
func TestChoicesSpread(t *testing.T) {
	u := New(nil, nil, func(judge.Note) {})
	u.namespaces = []string{"chaos-000", "chaos-001", "chaos-002"}
	items := []string{"a", "b", "c", "d"}
	times := map[string]int{}
	p := plan.New(1, plan.Options{Duration: 1000e9, Rate: 5})
	for _, o := range p.Operations {
		namespace, rest := u.choose(o.Choice)
		item, _, ok := pick(items, rest)
		if !ok {
			t.Fatal("there is nothing to choose from")
		}
		times[namespace+"/"+item]++
	}
	if len(times) != 12 {
		t.Errorf("%d of 12 were chosen", len(times))
	}
	for name, n := range times {
		if fair := len(p.Operations) / 12; n < fair*2/3 || n > fair*3/2 {
			t.Errorf("%s was chosen %d times, want about %d", name, n, fair)
		}
	}
	if _, _, ok := pick([]string(nil), 7); ok {
		t.Error("something was chosen out of nothing")
	}
}
