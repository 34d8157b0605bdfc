package webhooks

import (
	"cmp"
	"context"
	"errors"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// verdictKey is the context key of the rule that refuses a request. The response does not name the rule.
type verdictKey struct{}

// withMetrics counts the decisions of handler, which serves path.
func withMetrics(path string, handler admission.Handler, m *metrics.Admission) admission.Handler {
	m.Init(path)
	return admission.HandlerFunc(func(ctx context.Context, req admission.Request) (response admission.Response) {
		verdict := ""
		defer func() { // This also runs when handler panics, which is answered with an error.
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

// recordRule records the rule that has refused the request with err, if err is a refusal.
func recordRule(ctx context.Context, err error) {
	var r *refusal
	verdict, ok := ctx.Value(verdictKey{}).(*string)
	if ok && errors.As(err, &r) {
		*verdict = cmp.Or(r.origin, rules.RuleOther)
	}
}
