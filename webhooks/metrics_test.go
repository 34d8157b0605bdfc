package webhooks

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// counts returns the values of the metric name that are above zero, by "decision rule".
func counts(t *testing.T, m *metrics.Admission, name string) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.Metric {
			labels := map[string]string{}
			for _, pair := range metric.Label {
				labels[pair.GetName()] = pair.GetValue()
			}
			if family.GetName() == name && metric.Counter.GetValue() > 0 {
				found[labels["decision"]+" "+labels["rule"]] = metric.Counter.GetValue()
			}
		}
	}
	return found
}

func TestCounted(t *testing.T) {
	wrong := field.ErrorList{field.Required(field.NewPath("spec"), "")}
	validator := func(err error) admission.Handler {
		return admission.WithValidator(scheme(t), check[*sandboxv1.Sandbox](
			func(context.Context, admission.Request, *sandboxv1.Sandbox, *sandboxv1.Sandbox) (admission.Warnings, error) {
				return nil, err
			},
		)).Handler
	}
	handler := func(err error) admission.Handler {
		return admission.HandlerFunc(func(ctx context.Context, _ admission.Request) admission.Response { return respond(ctx, err) })
	}
	sandbox := builder.MakeSandbox("a").Obj()
	for name, tc := range map[string]struct {
		handler admission.Handler
		want    string
	}{
		"allowed":                          {handler(nil), "allowed "},
		"refused":                          {handler(podKind.invalid(sandbox, wrong.WithOrigin("pod-owner"))), "refused pod-owner"},
		"allowed by a validator":           {validator(nil), "allowed "},
		"refused by a validator":           {validator(sandboxKind.forbidden(sandbox, wrong.WithOrigin("owners"))), "refused owners"},
		"refused by a rule without a name": {handler(podKind.invalid(sandbox, field.ErrorList{field.Required(field.NewPath("spec"), "")})), "refused other"},
		"a look-up failed":                 {handler(errors.New("lost")), "error "},
		"a validator's look-up failed":     {validator(errors.New("lost")), "error "},
		"what cannot be read": {admission.HandlerFunc(func(context.Context, admission.Request) admission.Response {
			return admission.Errored(http.StatusBadRequest, errors.New("no JSON"))
		}), "error "},
		"a panic": {admission.HandlerFunc(func(context.Context, admission.Request) admission.Response { panic("lost") }), "error "},
	} {
		t.Run(name, func(t *testing.T) {
			m := metrics.NewAdmission()
			webhook := &admission.Webhook{Handler: withMetrics("/x", tc.handler, m)}
			for range 2 {
				webhook.Handle(t.Context(), request(t, someUser, nil, client.Object(sandbox)))
			}
			got := counts(t, m, "namesake_admission_decisions_total")
			if len(got) != 1 || got[tc.want] != 2 {
				t.Errorf("got %v, want two of %q", got, tc.want)
			}
			if failed := counts(t, m, "namesake_admission_errors_total")[" "]; (failed == 2) != (tc.want == "error ") {
				t.Errorf("%v errors", failed)
			}
		})
	}
}
