package serving_test

import (
	"context"
	"strings"
	"testing"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
)

// certificates is a reader that answers with one Certificate or, without one, that it does not exist.
type certificates struct {
	client.Reader
	certificate *certmanagerv1.Certificate
}

// Get implements client.Reader.
func (c certificates) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	if c.certificate == nil {
		return apierrors.NewNotFound(schema.GroupResource{Group: "cert-manager.io", Resource: "certificates"}, key.Name)
	}
	c.certificate.DeepCopyInto(obj.(*certmanagerv1.Certificate))
	return nil
}

func ready(status cmmeta.ConditionStatus) *certmanagerv1.Certificate {
	return &certmanagerv1.Certificate{Status: certmanagerv1.CertificateStatus{Conditions: []certmanagerv1.CertificateCondition{
		{Type: certmanagerv1.CertificateConditionReady, Status: status},
	}}}
}

func TestMetrics(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	name := client.ObjectKey{Namespace: "namesake-system", Name: "namesake-webhook"}
	type gauges map[string]float64
	for sentence, tc := range map[string]struct {
		bundle      []byte
		name        client.ObjectKey
		certificate *certmanagerv1.Certificate
		want        gauges
	}{
		"all is well":                     {ours.pem, name, ready(cmmeta.ConditionTrue), gauges{"trusted": 1, "certificate_issued": 1}},
		"the authority is another":        {other.pem, name, ready(cmmeta.ConditionTrue), gauges{"trusted": 0, "certificate_issued": 1}},
		"the Certificate is not Ready":    {ours.pem, name, ready(cmmeta.ConditionFalse), gauges{"trusted": 1, "certificate_issued": 0}},
		"nobody has seen the Certificate": {ours.pem, name, &certmanagerv1.Certificate{}, gauges{"trusted": 1, "certificate_issued": 0}},
		"the Certificate is deleted":      {ours.pem, name, nil, gauges{"trusted": 1, "certificate_issued": 0}},
		"it is not cert-manager's":        {ours.pem, client.ObjectKey{}, nil, gauges{"trusted": 1}},
	} {
		t.Run(sentence, func(t *testing.T) {
			dir := t.TempDir()
			ours.issue(t, dir, "namesake-webhook.namesake-system.svc")
			trust := &serving.Trust{
				Reader: configurations{bundle: tc.bundle}, Certificate: follow(t, dir), Configuration: "namesake",
				Now: func() time.Time { return begin },
			}
			issuance := &serving.Issuance{Reader: certificates{certificate: tc.certificate}, Certificate: tc.name}
			got := gauges{}
			for name, value := range gathered(t, serving.NewMetrics(trust, issuance)) {
				if !strings.HasSuffix(name, "_expiry_timestamp_seconds") {
					got[strings.TrimPrefix(name, "namesake_webhook_")] = value
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("gauges (-want +got):\n%s", diff)
			}
		})
	}
}

// gathered returns the gauges of a collector by name.
func gathered(t *testing.T, collector prometheus.Collector) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collector)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		values[family.GetName()] = family.GetMetric()[0].GetGauge().GetValue()
	}
	return values
}
