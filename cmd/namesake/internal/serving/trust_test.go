package serving_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
)

// configurations is a reader of both webhook configurations, each with one webhook whose authority is bundle.
type configurations struct {
	client.Reader
	bundle []byte
	// mutating and validating are the namespaceSelectors.
	mutating, validating *metav1.LabelSelector
}

// Get implements client.Reader.
func (c configurations) Get(_ context.Context, _ client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	config := admissionv1.WebhookClientConfig{
		CABundle: c.bundle, Service: &admissionv1.ServiceReference{Name: "namesake-webhook", Namespace: "namesake-system"},
	}
	switch obj := obj.(type) {
	case *admissionv1.MutatingWebhookConfiguration:
		obj.ObjectMeta = metav1.ObjectMeta{Name: "namesake"}
		obj.Webhooks = []admissionv1.MutatingWebhook{{Name: "pod.mutate", ClientConfig: config, NamespaceSelector: c.mutating}}
	case *admissionv1.ValidatingWebhookConfiguration:
		obj.ObjectMeta = metav1.ObjectMeta{Name: "namesake"}
		obj.Webhooks = []admissionv1.ValidatingWebhook{{Name: "pod.validate", ClientConfig: config, NamespaceSelector: c.validating}}
	}
	return nil
}

func TestTrust(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	const name = "namesake-webhook.namesake-system.svc"
	for sentence, tc := range map[string]struct {
		names  []string
		bundle []byte
		now    time.Time
		want   string // a part of the error
	}{
		"the authority that signed it":              {[]string{name}, ours.pem, begin, ""},
		"that one among others":                     {[]string{name}, slices.Concat(other.pem, ours.pem), begin, ""},
		"another authority":                         {[]string{name}, other.pem, begin, "does not verify the serving certificate"},
		"no authority yet":                          {[]string{name}, nil, begin, "has no caBundle yet"},
		"something that is no certificate":          {[]string{name}, []byte("no"), begin, "holds no certificate"},
		"a certificate for another name":            {[]string{"other"}, ours.pem, begin, "does not verify the serving certificate"},
		"a certificate that has ended in the while": {[]string{name}, ours.pem, end.Add(time.Second), "expired"},
	} {
		t.Run(sentence, func(t *testing.T) {
			dir := t.TempDir()
			ours.issue(t, dir, tc.names...)
			trust := &serving.Trust{
				Reader: configurations{bundle: tc.bundle}, Certificate: follow(t, dir), Configuration: "namesake",
				Now: func() time.Time { return tc.now },
			}
			ends, err := trust.Check(t.Context())
			switch {
			case tc.want == "" && (err != nil || !ends.Equal(ours.certificate.NotAfter)):
				t.Errorf("until %v, %v", ends, err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// A manager is not ready where a webhook is not asked in a namespace that it serves: nothing would be enforced there. A manager of
// all namespaces leaves it to the administrator where they are asked.
func TestTheNamespacesOfTheWebhooks(t *testing.T) {
	authority, dir := newAuthority(t), t.TempDir()
	authority.issue(t, dir, "namesake-webhook.namesake-system.svc")
	certificate := follow(t, dir)
	in := func(names ...string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "kubernetes.io/metadata.name", Operator: metav1.LabelSelectorOpIn, Values: names},
		}}
	}
	for name, tc := range map[string]struct {
		served               []string
		mutating, validating *metav1.LabelSelector
		want                 string
	}{
		"all, asked everywhere":     {},
		"all, asked in some":        {mutating: in("a"), validating: in("a")},
		"some, asked everywhere":    {served: []string{"a", "b"}},
		"some, asked there":         {served: []string{"a", "b"}, mutating: in("a", "b"), validating: in("b", "a", "c")},
		"mutation is not asked":     {served: []string{"a", "b"}, mutating: in("a"), want: `webhook pod.mutate does not select namespace "b"`},
		"validation is not asked":   {served: []string{"a", "b"}, validating: in("b"), want: `webhook pod.validate does not select namespace "a"`},
		"a selector that is broken": {served: []string{"a"}, mutating: &metav1.LabelSelector{MatchLabels: map[string]string{"a b": ""}}, want: "webhook pod.mutate: reading"},
	} {
		t.Run(name, func(t *testing.T) {
			trust := &serving.Trust{
				Reader:      configurations{bundle: authority.pem, mutating: tc.mutating, validating: tc.validating},
				Certificate: certificate, Configuration: "namesake", Namespaces: tc.served, Now: func() time.Time { return begin },
			}
			_, err := trust.Check(t.Context())
			if (err == nil) != (tc.want == "") || (err != nil && !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// A namespace is taken off the list: the webhooks leave it out before the managers are replaced, which serve the others meanwhile. A manager
// that starts then is not ready.
func TestANamespaceThatIsTakenOffTheList(t *testing.T) {
	authority, dir := newAuthority(t), t.TempDir()
	authority.issue(t, dir, "namesake-webhook.namesake-system.svc")
	before := serving.Trust{
		Reader: configurations{bundle: authority.pem}, Certificate: follow(t, dir), Configuration: "namesake",
		Namespaces: []string{"a", "b"}, Now: func() time.Time { return begin },
	}
	if _, err := before.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	narrow := configurations{bundle: authority.pem, mutating: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "a"}}}
	before.Reader = narrow
	if _, err := before.Check(t.Context()); err != nil {
		t.Errorf("a manager that was ready: %v", err)
	}
	later := serving.Trust{
		Reader: narrow, Certificate: before.Certificate, Configuration: "namesake", Namespaces: before.Namespaces, Now: before.Now,
	}
	if _, err := later.Check(t.Context()); err == nil {
		t.Error("a manager that starts is ready")
	}
}

// TestTheAuthorityThatEndsLast checks that the end of the last authority counts. cert-manager adds a renewed authority to
// the bundle and keeps the previous one.
func TestTheAuthorityThatEndsLast(t *testing.T) {
	before := newAuthority(t)
	renewed := newAuthorityUntil(t, before.key, end.Add(1000*time.Hour))
	dir := t.TempDir()
	before.issue(t, dir, "namesake-webhook.namesake-system.svc")
	certificate := follow(t, dir)
	for name, bundle := range map[string][]byte{
		"the older first": slices.Concat(before.pem, renewed.pem), "the newer first": slices.Concat(renewed.pem, before.pem),
	} {
		trust := &serving.Trust{
			Reader: configurations{bundle: bundle}, Certificate: certificate, Configuration: "namesake", Now: func() time.Time { return begin },
		}
		if ends, err := trust.Check(t.Context()); err != nil || !ends.Equal(renewed.certificate.NotAfter) {
			t.Errorf("%s: until %v, %v", name, ends, err)
		}
	}
}
