package users

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/chaos/judge"
)

// A namespace for whose last pool the faults lasted too long is released and deleted in the end, with the pools that it has.
func TestANamespaceThatIsNotFurnishedIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := interceptor.NewClient(nil, interceptor.Funcs{
			Create: func(_ context.Context, _ client.WithWatch, object client.Object, _ ...client.CreateOption) error {
				if _, ok := object.(*extensionsv1.SandboxWarmPool); ok {
					return errors.New("no answer")
				}
				return nil
			},
		})
		u := New(made, made, func(judge.Note) {})
		if opened, err := u.openAnother(t.Context()); opened || err == nil {
			t.Errorf("it is opened: %t, %v", opened, err)
		}
		if got := u.Namespaces(); !slices.Equal(got, []string{"chaos-000"}) {
			t.Errorf("the users have %q", got)
		}
	})
}
