package serving

import (
	"context"
	"fmt"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// +kubebuilder:rbac:groups=cert-manager.io,namespace=namesake-system,resources=certificates,verbs=get

// Issuance tells what cert-manager has to say of the serving certificate, where it comes from there.
type Issuance struct {
	Reader client.Reader
	// Certificate names the Certificate; nothing is asked where its name is empty.
	Certificate client.ObjectKey
}

// Explain adds to problem, which is about the serving certificate, why cert-manager has not issued it.
func (i *Issuance) Explain(ctx context.Context, problem error) error {
	if problem == nil || i.Certificate.Name == "" {
		return problem
	}
	var certificate certmanagerv1.Certificate
	err := i.Reader.Get(ctx, i.Certificate, &certificate)
	switch {
	case meta.IsNoMatchError(err):
		return fmt.Errorf("%w; cert-manager is not installed", problem)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%w; Certificate %q does not exist", problem, i.Certificate)
	case err != nil:
		return fmt.Errorf("%w; Certificate %q: %w", problem, i.Certificate, err)
	}
	for _, condition := range certificate.Status.Conditions {
		if condition.Type == certmanagerv1.CertificateConditionReady {
			return fmt.Errorf("%w; Certificate %q is Ready=%s, %s: %s", problem, i.Certificate, condition.Status, condition.Reason, condition.Message)
		}
	}
	return fmt.Errorf("%w; Certificate %q has no Ready condition: cert-manager has not seen it yet", problem, i.Certificate)
}
