package webhooks

import (
	"cmp"
	"context"
	"errors"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// verdictKey is where the rule that refuses a request is noted on the way to the answer, which does not say it.
type verdictKey struct{}

// withMetrics counts what handler, which serves path, decides.
func withMetrics(path string, handler admission.Handler, m *metrics.Admission) admission.Handler {
	m.Init(path)
	return admission.HandlerFunc(func(ctx context.Context, req admission.Request) (response admission.Response) {
		verdict := ""
		defer func() { // Also when handler panics: that is answered with an error.
			switch {
			case response.Allowed:
				m.CountAllowed(path)
			case verdict != "":
				m.CountRefused(path, verdict)
			default:
				m.CountFailed(path)
			}
		}()
		return handler.Handle(context.WithValue(ctx, verdictKey{}, &verdict), req)
	})
}

// note keeps the rule, if it is one that has refused the request with err.
func recordRule(ctx context.Context, err error) {
	var r *refusal
	verdict, ok := ctx.Value(verdictKey{}).(*string)
	if ok && errors.As(err, &r) {
		*verdict = cmp.Or(r.origin, rules.RuleOther)
	}
}
