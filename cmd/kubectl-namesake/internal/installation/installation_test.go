package installation

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
	"github.com/namesake-sandbox/namesake/internal/policy"
)

var now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// authority returns a certificate that ends then.
func authority(t *testing.T, ends time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, NotBefore: ends.Add(-time.Hour), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// healthy are the facts of an installation that is well.
func healthy(t *testing.T) *Facts {
	t.Helper()
	client := admissionv1.WebhookClientConfig{
		Service: &admissionv1.ServiceReference{Namespace: "namesake-system", Name: "namesake-webhook"}, CABundle: authority(t, now.AddDate(1, 0, 0)),
	}
	f := &Facts{
		Now: now, Namespace: "namesake-system", PluginVersion: "1.2.3", HasPolicies: true,
		Services:    []corev1.Service{{ObjectMeta: metav1.ObjectMeta{Namespace: "namesake-system", Name: "namesake-webhook"}}},
		Slices:      []discoveryv1.EndpointSlice{slice("namesake-webhook", true)},
		Deployments: []appsv1.Deployment{deployment(2, 2)},
		Pods:        []corev1.Pod{manager("namesake:1.2.3"), manager("namesake:1.2.3")},
		Leader:      Leader{Lease: "namesake-system/namesake.agents.x-k8s.io", Exists: true, Holder: "namesake-1", Renewed: now, Fresh: true},
		Probe:       Probe{Namespace: "demo", Tried: true},
		Mutating:    []admissionv1.MutatingWebhookConfiguration{{ObjectMeta: metav1.ObjectMeta{Name: "namesake"}}},
		Validating:  []admissionv1.ValidatingWebhookConfiguration{{ObjectMeta: metav1.ObjectMeta{Name: "namesake"}}},
	}
	for _, name := range ownWebhooks {
		if strings.Contains(name, "mutate") {
			f.Mutating[0].Webhooks = append(f.Mutating[0].Webhooks, admissionv1.MutatingWebhook{Name: name + ownNames, ClientConfig: client})
		} else {
			f.Validating[0].Webhooks = append(f.Validating[0].Webhooks, admissionv1.ValidatingWebhook{Name: name + ownNames, ClientConfig: client})
		}
	}
	for _, p := range policy.All() {
		one, binding := p.Manifest()
		one.Status.TypeChecking = &admissionv1.TypeChecking{ExpressionWarnings: []admissionv1.ExpressionWarning{{Warning: "/v1, Kind=Binding: ERROR: no field"}}}
		f.Policies, f.Bindings = append(f.Policies, *one), append(f.Bindings, *binding)
	}
	f.Definitions = shipped(t)
	return f
}

func slice(service string, ready bool) discoveryv1.EndpointSlice {
	return discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{discoveryv1.LabelServiceName: service}},
		Endpoints:  []discoveryv1.Endpoint{{Conditions: discoveryv1.EndpointConditions{Ready: &ready}}},
	}
}

func deployment(replicas, ready int32, arguments ...string) appsv1.Deployment {
	d := appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "namesake-system", Name: "namesake"}}
	d.Spec.Replicas, d.Status.ReadyReplicas = &replicas, ready
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "manager", Image: "namesake:1.2.3", Args: arguments}}
	return d
}

func manager(image string) corev1.Pod {
	return corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "manager", Image: image}}}}
}

func certificate(name string, ends time.Time, status cmmeta.ConditionStatus) certmanagerv1.Certificate {
	c := certmanagerv1.Certificate{ObjectMeta: metav1.ObjectMeta{Namespace: "namesake-system", Name: name}}
	c.Status.NotAfter = &metav1.Time{Time: ends}
	c.Status.Conditions = []certmanagerv1.CertificateCondition{{Type: certmanagerv1.CertificateConditionReady, Status: status, Reason: "Because"}}
	return c
}

func TestHealthy(t *testing.T) {
	findings := Judge(healthy(t))
	parts := map[string]bool{}
	for _, finding := range findings {
		parts[finding.Part] = true
		if finding.Level != OK || finding.Command != "" || finding.Advice != "" {
			t.Errorf("%+v, want it to be well", finding)
		}
	}
	for _, part := range []string{
		PartInstalled, PartVersions, PartReplicas, PartCertificate, PartWebhooks, PartPolicies, PartEnforcement, PartLeader, PartNamespaces,
	} {
		if !parts[part] {
			t.Errorf("nothing is said of %s", part)
		}
	}
	if Failed(findings) || Blocking(findings) != nil {
		t.Error("something fails")
	}
}

// What fails, how badly, and what it stops.
func TestUnhealthy(t *testing.T) {
	ignore := admissionv1.Ignore
	for name, tc := range map[string]struct {
		change func(*Facts)
		part   string
		level  Level
		stops  Stops
		says   string
	}{
		"no manager is ready":      {func(f *Facts) { f.Deployments = []appsv1.Deployment{deployment(2, 0)} }, PartReplicas, Fail, StopsWrites, "0 of 2"},
		"scaled to none":           {func(f *Facts) { f.Deployments = []appsv1.Deployment{deployment(0, 0)} }, PartReplicas, Fail, StopsWrites, "0 of 0"},
		"one of two is ready":      {func(f *Facts) { f.Deployments = []appsv1.Deployment{deployment(2, 1)} }, PartReplicas, Warn, "", "1 of 2"},
		"one alone":                {func(f *Facts) { f.Deployments = []appsv1.Deployment{deployment(1, 1)} }, PartReplicas, Warn, "", "no admission"},
		"the Lease has ended":      {func(f *Facts) { f.Leader.Fresh, f.Leader.Renewed = false, now.Add(-time.Minute) }, PartLeader, Fail, StopsReconciling, "1m0s ago"},
		"the Lease was given back": {func(f *Facts) { f.Leader.Holder = "" }, PartLeader, Fail, StopsReconciling, "given back"},
		"no Lease":                 {func(f *Facts) { f.Leader = Leader{Lease: "a/b"} }, PartLeader, Fail, StopsReconciling, "no Lease a/b"},
		"without an election": {func(f *Facts) {
			f.Leader, f.Deployments = Leader{}, []appsv1.Deployment{deployment(2, 2, "--leader-elect=false")}
		}, PartLeader, Warn, "", "every one"},
		"no endpoints, though it still answers": {noEndpoints, PartWebhooks, Warn, "", "no ready endpoints"},
		"no endpoints": {func(f *Facts) {
			noEndpoints(f)
			f.Probe.Tried = false
		}, PartWebhooks, Fail, StopsWrites, "no ready endpoints"},
		"no endpoints, and no answer": {func(f *Facts) {
			noEndpoints(f)
			unanswers(`failed calling webhook "a.namesake.agents.x-k8s.io": i/o timeout`)(f)
		}, PartWebhooks, Fail, StopsWrites, "do not answer: Service namesake-system/namesake-webhook has no ready endpoints"},
		"a webhook is missing":       {func(f *Facts) { f.Mutating[0].Webhooks = f.Mutating[0].Webhooks[1:] }, PartWebhooks, Fail, "", "missing: pod.mutate"},
		"a webhook that is ignored":  {func(f *Facts) { f.Mutating[0].Webhooks[0].FailurePolicy = &ignore }, PartWebhooks, Fail, "", "Ignore"},
		"a policy is missing":        {func(f *Facts) { f.Policies = f.Policies[1:] }, PartPolicies, Fail, "", "missing: pods"},
		"a policy that is not bound": {func(f *Facts) { f.Bindings = f.Bindings[1:] }, PartPolicies, Fail, "", "without a binding"},
		"a policy that only warns": {func(f *Facts) {
			f.Bindings[0].Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Warn}
		}, PartPolicies, Fail, "", "without a binding"},
		"a policy that does not fit": {func(f *Facts) {
			f.Policies[0].Status.TypeChecking = &admissionv1.TypeChecking{ExpressionWarnings: []admissionv1.ExpressionWarning{
				{Warning: "/v1, Kind=Binding: ERROR: no field"}, {Warning: "/v1, Kind=Pod: ERROR: no field"},
			}}
		}, PartPolicies, Warn, "", "Kind=Pod"},
		"no policies":                 {func(f *Facts) { f.Policies, f.Bindings = nil, nil }, PartPolicies, Warn, "", "there are none"},
		"an API server without them":  {func(f *Facts) { f.Policies, f.Bindings, f.HasPolicies = nil, nil, false }, PartPolicies, Warn, "", "has no"},
		"no caBundle":                 {func(f *Facts) { f.Mutating[0].Webhooks[0].ClientConfig.CABundle = nil }, PartCertificate, Fail, StopsWrites, "no caBundle"},
		"a caBundle of nothing":       {func(f *Facts) { f.Mutating[0].Webhooks[0].ClientConfig.CABundle = []byte("x") }, PartCertificate, Fail, StopsWrites, "holds no certificate"},
		"an expired authority":        {func(f *Facts) { f.Mutating[0].Webhooks[0].ClientConfig.CABundle = authority(t, now.Add(-time.Hour)) }, PartCertificate, Fail, StopsWrites, "expired 1h0m0s ago"},
		"an authority that soon ends": {func(f *Facts) { f.Mutating[0].Webhooks[0].ClientConfig.CABundle = authority(t, now.AddDate(0, 0, 9)) }, PartCertificate, Warn, "", "ends in 9 days"},
		"an expired Certificate": {func(f *Facts) {
			f.Certificates = append(f.Certificates, certificate(servingCertificate, now.Add(-time.Hour), cmmeta.ConditionFalse))
		}, PartCertificate, Fail, StopsWrites, "expired"},
		"a Certificate not renewed": {func(f *Facts) {
			f.Certificates = append(f.Certificates, certificate("namesake-ca", now.Add(time.Hour), cmmeta.ConditionFalse))
		}, PartCertificate, Warn, "", "not Ready: Because"},
		"the certificate has expired":   {unanswers(`failed calling webhook "a.namesake.agents.x-k8s.io": tls: x509: certificate has expired or is not yet valid`), PartCertificate, Fail, StopsWrites, "has expired"},
		"an unknown authority":          {unanswers(`failed calling webhook "a.namesake.agents.x-k8s.io": tls: x509: certificate signed by unknown authority`), PartCertificate, Fail, StopsWrites, "does not trust"},
		"nothing is behind the webhook": {unanswers(`failed calling webhook "a.namesake.agents.x-k8s.io": no endpoints available for service "namesake-webhook"`), PartWebhooks, Fail, StopsWrites, "no endpoints"},
		"nobody answers":                {unanswers(`failed calling webhook "a.namesake.agents.x-k8s.io": connection refused`), PartWebhooks, Fail, StopsWrites, "do not answer"},
		"nothing is refused":            {func(f *Facts) { f.Probe.Refuses = errors.New("accepted") }, PartEnforcement, Fail, "", "accepted"},
		"different images":              {func(f *Facts) { f.Pods[0] = manager("namesake:1.2.2") }, PartVersions, Warn, "", "namesake:1.2.2, namesake:1.2.3"},
		"a kind is missing":             {func(f *Facts) { f.Definitions = f.Definitions[1:] }, PartVersions, Fail, "", "does not exist"},
		"a kind of another version":     {func(f *Facts) { f.Definitions[0].Spec.Versions[0].Served = false }, PartVersions, Fail, "", "not served"},
		"a webhook leaves some out": {func(f *Facts) {
			f.Mutating[0].Webhooks[0].NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
		}, PartNamespaces, Warn, "", "namespaceSelector: a=b"},
		"a webhook leaves out what is served": {func(f *Facts) {
			f.Deployments = []appsv1.Deployment{deployment(2, 2, "--namespaces=demo")}
			f.Mutating[0].Webhooks[0].NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
		}, PartNamespaces, Fail, "", "is not asked in namespace demo"},
		"what nobody may see": {func(f *Facts) { f.miss(seeLease, "you may not read it") }, PartVisibility, Unknown, "", seeLease},
	} {
		t.Run(name, func(t *testing.T) {
			f := healthy(t)
			tc.change(f)
			findings := Judge(f)
			at := slices.IndexFunc(findings, func(x Finding) bool { return x.Level != OK })
			if at < 0 {
				t.Fatal("all is well")
			}
			got := findings[at]
			if got.Part != tc.part || got.Level != tc.level || got.Stops != tc.stops || !strings.Contains(got.Says, tc.says) {
				t.Errorf("%+v, want %s, %s, stops %q, %q", got, tc.part, tc.level, tc.stops, tc.says)
			}
			if got.Command == "" && got.Advice == "" && got.Level == Fail {
				t.Errorf("%+v says nothing to do", got)
			}
		})
	}
}

func noEndpoints(f *Facts) { f.Slices = []discoveryv1.EndpointSlice{slice("namesake-webhook", false)} }

func unanswers(words string) func(*Facts) {
	return func(f *Facts) { f.Probe.Accepts = errors.New("Internal error occurred: " + words) }
}

// On a cluster of another product, and on one without any, only that is said.
func TestNotInstalled(t *testing.T) {
	for name, tc := range map[string]struct {
		facts *Facts
		level Level
		says  string
	}{
		"agent-sandbox": {&Facts{Definitions: shipped(t), Others: []objects.Manager{{Namespace: "agent-sandbox-system", Name: "agent-sandbox-controller", Image: "controller:v1"}}},
			Fail, "Namesake is not installed; agent-sandbox is: Deployment agent-sandbox-system/agent-sandbox-controller (controller:v1)"},
		"the kinds alone": {&Facts{Definitions: shipped(t)}, Fail, "Namesake is not installed: there are 4 of its kinds, and no controller for them"},
		"nothing":         {&Facts{}, Fail, "Namesake is not installed, and the API server does not know its kinds"},
	} {
		t.Run(name, func(t *testing.T) {
			findings := Judge(tc.facts)
			if len(findings) != 1 || findings[0].Level != tc.level || findings[0].Says != tc.says {
				t.Errorf("findings %+v, want one: %q", findings, tc.says)
			}
		})
	}
	blind := &Facts{}
	for _, what := range []string{seeWebhooks, seeManagers, seeDefinitions, seePolicies, seeLease, seeProbe, seeCertificates} {
		blind.miss(what, "you may not read it")
	}
	if findings := Judge(blind); Failed(findings) {
		t.Errorf("a user who may see nothing: findings %+v, want none to fail", findings)
	}
}
