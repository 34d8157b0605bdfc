package suite

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/namesake-sandbox/namesake/controllers"
)

// Run starts a manager that sees this namespace alone. Its reconcilers are configured as in the program, except for what
// change changes in their options. It ends with t. Run is for what only a running manager can show: what wakes a reconciler,
// and when.
func (n *Namespace) Run(t *testing.T, change func(*controllers.Options)) {
	t.Helper()
	n.RunBeside(t, nil, change)
}

// RunStandby is Run for a manager that does not lead.
func (n *Namespace) RunStandby(t *testing.T, change func(*controllers.Options)) {
	t.Helper()
	n.run(t, nil, change, controllers.SetupServing)
}

// RunBeside is Run for a manager that sees others' namespaces as well.
func (n *Namespace) RunBeside(t *testing.T, others []*Namespace, change func(*controllers.Options)) {
	t.Helper()
	n.run(t, others, change, controllers.Setup)
}

func (n *Namespace) run(t *testing.T, others []*Namespace, change func(*controllers.Options), setup setup) {
	t.Helper()
	namespaces := []string{n.Name}
	for _, other := range others {
		namespaces = append(namespaces, other.Name)
	}
	mgr, err := shared.manager(t.Context(), shared.controller, namespaces, change, setup)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Await waits until a running manager has done something. what describes that.
func Await(t *testing.T, what string, done func() bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), moment, patience, true, func(context.Context) (bool, error) { return done(), nil })
	if err != nil {
		t.Fatalf("waiting until %s: %v", what, err)
	}
}
