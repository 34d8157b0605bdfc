package serving

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/webhooks"
)

// +kubebuilder:rbac:groups=agents.x-k8s.io,namespace=namesake-system,resources=sandboxes,verbs=create

// SelfTest asks the API server, once at the start, for something that only these webhooks refuse. The refusal proves that
// the API server, the network and a replica's certificate work together. The requested Sandbox goes to a webhook of its own.
// The Service of that webhook also reaches replicas that are not ready. Otherwise the first replica would wait for itself.
type SelfTest struct {
	// Create asks without storing anything (a dry run).
	Create    func(ctx context.Context, obj client.Object, opts ...client.CreateOption) error
	Namespace string
	// By is who has to refuse.
	By Refuser

	passed atomic.Bool
	failed atomic.Pointer[error]
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (*SelfTest) NeedLeaderElection() bool { return false }

// Start repeats the test until it passes or ctx ends.
func (s *SelfTest) Start(ctx context.Context) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		err := s.try(ctx)
		if err == nil {
			s.passed.Store(true)
			return nil
		}
		s.failed.Store(&err)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Check returns why the test has not passed, or nil if it has.
func (s *SelfTest) Check() error {
	if s.passed.Load() {
		return nil
	}
	if err := s.failed.Load(); err != nil {
		return fmt.Errorf("admission does not answer yet: %w", *err)
	}
	return errors.New("admission was not tried yet")
}

// try returns nil if a Sandbox whose Pod would bear another name is refused for that.
func (s *SelfTest) try(ctx context.Context) error {
	sandbox := MisnamedSandbox(s.Namespace, "namesake-admission-probe")
	sandbox.Labels = map[string]string{webhooks.LabelProbe: ""}
	return Refused(s.Create(ctx, sandbox), s.By)
}
