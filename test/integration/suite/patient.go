package suite

import (
	"context"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Patient returns c with reads that wait until t ends for the cache to see what c wrote. The product asks for milliseconds, and tries again
// soon where the cache is behind. A manager that is to try nothing again by itself has to wait instead, however slow the machine is.
func Patient(t *testing.T, c client.Client) client.Client {
	t.Helper()
	return patient{c, t.Context()}
}

type patient struct {
	client.Client

	test context.Context //nolint:containedctx // Its end is what reads wait for at most.
}

// Get implements client.Reader.
func (p patient) Get(_ context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	return p.Client.Get(p.test, key, obj, opts...) //nolint:contextcheck,wrapcheck // What ctx says of the time is what p ignores.
}
