package installation

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
)

// servingCertificate is the name of cert-manager's Certificate for the webhooks, in config/certmanager and the chart.
const servingCertificate = "namesake-webhook"

// authorityLead is how long before the end of an authority there is a warning. The authority is renewed earlier than this.
const authorityLead = 30 * 24 * time.Hour

// judgeCertificate says whether what the managers serve is trusted, by what cert-manager says of it and by the authorities that the
// API server has. That the two fit, only a call of a webhook shows: see judgeWebhooks.
func judgeCertificate(f *Facts) []Finding {
	var findings []Finding
	for i := range f.Certificates {
		findings = append(findings, judgeIssued(f, &f.Certificates[i]))
	}
	if f.Sees(seeWebhooks) {
		findings = append(findings, judgeAuthorities(f)...)
	}
	return findings
}

// judgeIssued says what cert-manager says of a Certificate.
func judgeIssued(f *Facts, certificate *certmanagerv1.Certificate) Finding {
	name := certificate.Namespace + "/" + certificate.Name
	finding := Finding{Part: PartCertificate, Level: OK}
	if certificate.Name == servingCertificate {
		finding.Stops = StopsWrites
	}
	ready, reason := false, "cert-manager has not seen it yet"
	for _, condition := range certificate.Status.Conditions {
		if condition.Type == certmanagerv1.CertificateConditionReady {
			ready, reason = condition.Status == cmmeta.ConditionTrue, strings.TrimSuffix(condition.Reason+": "+condition.Message, ": ")
		}
	}
	ends := certificate.Status.NotAfter
	switch {
	case ends != nil && !f.Now.Before(ends.Time):
		finding.Level = Fail
		finding.Says = fmt.Sprintf("Certificate %s expired %s ago: %s", name, days(f.Now.Sub(ends.Time)), reason)
	case !ready:
		finding.Level, finding.Stops = Warn, ""
		finding.Says = fmt.Sprintf("Certificate %s is not Ready: %s", name, reason)
	default:
		finding.Stops = ""
		finding.Says = fmt.Sprintf("Certificate %s is Ready", name)
		if ends != nil {
			finding.Says += ", for " + days(ends.Sub(f.Now))
		}
	}
	if finding.Level != OK {
		finding.Command = fmt.Sprintf("kubectl --namespace %s describe certificate %s", certificate.Namespace, certificate.Name)
		finding.Advice = "see why cert-manager does not renew it: its Issuer, its Pods, its log"
	}
	return finding
}

// judgeAuthorities says whether each webhook has an authority that has not ended.
func judgeAuthorities(f *Facts) []Finding {
	var findings []Finding
	seen := map[string]bool{}
	for _, hook := range f.webhooks() {
		if seen[string(hook.client.CABundle)] {
			continue
		}
		seen[string(hook.client.CABundle)] = true
		findings = append(findings, judgeBundle(f, &hook))
	}
	return findings
}

// judgeBundle says whether the caBundle of a webhook has an authority that has not ended.
func judgeBundle(f *Facts, hook *webhook) Finding {
	finding := Finding{
		Part: PartCertificate, Level: Fail, Stops: StopsWrites,
		Command: fmt.Sprintf("kubectl --namespace %s describe certificates", f.Namespace),
		Advice:  "cert-manager's cainjector, or whoever installed Namesake, has to fill in the caBundle",
	}
	if len(hook.client.CABundle) == 0 && hook.client.URL == nil {
		finding.Says = fmt.Sprintf("webhook %s has no caBundle", hook.name)
		return finding
	}
	ends, err := lastEnd(hook.client.CABundle)
	switch left := ends.Sub(f.Now); {
	case len(hook.client.CABundle) == 0:
		return Finding{Part: PartCertificate, Level: OK, Says: "the webhooks are trusted by the API server's own authorities"}
	case err != nil:
		finding.Says = fmt.Sprintf("the caBundle of webhook %s: %v", hook.name, err)
	case left <= 0:
		finding.Says = fmt.Sprintf("the authority in the caBundle of webhook %s expired %s ago", hook.name, days(-left))
	case left < authorityLead:
		finding.Level, finding.Stops = Warn, ""
		finding.Says = fmt.Sprintf("the webhooks' authority ends in %s", days(left))
	default:
		return Finding{Part: PartCertificate, Level: OK, Says: fmt.Sprintf("the webhooks' authority is good for %s", days(left))}
	}
	return finding
}

// lastEnd returns when the last of the certificates in a bundle ends. A renewed authority stands beside the previous one.
func lastEnd(bundle []byte) (time.Time, error) {
	var last time.Time
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return time.Time{}, err
		}
		if certificate.NotAfter.After(last) {
			last = certificate.NotAfter
		}
	}
	if last.IsZero() {
		return last, fmt.Errorf("it holds no certificate")
	}
	return last, nil
}

// days returns a duration as people say it.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day {
		return fmt.Sprintf("%d days", d/day)
	}
	return d.Round(time.Second).String()
}
