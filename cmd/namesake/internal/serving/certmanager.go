package serving

import (
	"context"
	"fmt"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// +kubebuilder:rbac:groups=cert-manager.io,namespace=namesake-system,resources=certificates,verbs=get

// Issuance tells what cert-manager says about the serving certificate, if the certificate comes from there.
type Issuance struct {
	Reader client.Reader
	// Certificate names the Certificate. If its name is empty, nothing is asked.
	Certificate client.ObjectKey
}

// Explain adds to problem, which is about the serving certificate, what cert-manager says about the certificate.
func (i *Issuance) Explain(ctx context.Context, problem error) error {
	if problem == nil || i.Certificate.Name == "" {
		return problem
	}
	_, word, err := i.ask(ctx)
	if err != nil {
		return fmt.Errorf("%w; Certificate %q: %w", problem, i.Certificate, err)
	}
	return fmt.Errorf("%w; %s", problem, word)
}

// ask returns whether cert-manager has issued the certificate and keeps it up to date, and says the same in words.
func (i *Issuance) ask(ctx context.Context) (issued bool, word string, err error) {
	var certificate certmanagerv1.Certificate
	err = i.Reader.Get(ctx, i.Certificate, &certificate)
	switch {
	case meta.IsNoMatchError(err):
		return false, "cert-manager is not installed", nil
	case apierrors.IsNotFound(err):
		return false, fmt.Sprintf("Certificate %q does not exist", i.Certificate), nil
	case err != nil:
		return false, "", err
	}
	for _, condition := range certificate.Status.Conditions {
		if condition.Type == certmanagerv1.CertificateConditionReady {
			return condition.Status == cmmeta.ConditionTrue && certificate.DeletionTimestamp == nil, fmt.Sprintf(
				"Certificate %q is Ready=%s, %s: %s", i.Certificate, condition.Status, condition.Reason, condition.Message), nil
		}
	}
	return false, fmt.Sprintf("Certificate %q has no Ready condition: cert-manager has not seen it yet", i.Certificate), nil
}
