package conformance

import (
	"context"
	"fmt"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/conformance"
)

// schemas compares the cluster's definitions with what clients know of them. It is an error if the cluster cannot be asked.
func schemas(ctx context.Context, reader client.Reader) ([]conformance.Result, error) {
	var results []conformance.Result
	for _, kind := range conformance.Kinds() {
		crd := &apiextensionsv1.CustomResourceDefinition{}
		err := reader.Get(ctx, client.ObjectKey{Name: kind.CRD()}, crd)
		switch {
		case err == nil:
			results = append(results, conformance.CheckSchema(&kind, crd)...)
		case apierrors.IsNotFound(err):
			results = append(results, conformance.CheckSchema(&kind, nil)...)
		case apierrors.IsForbidden(err):
			untried := conformance.Untried("you may not read the CustomResourceDefinition %s", kind.CRD())
			results = append(results, all(conformance.SchemaChecks(&kind), untried)...)
		default:
			return nil, fmt.Errorf("reading the CustomResourceDefinition %s: %w", kind.CRD(), err)
		}
	}
	return results, nil
}

// all gives checks the same outcome.
func all(checks []conformance.Check, outcome conformance.Outcome) []conformance.Result {
	var results []conformance.Result
	for _, check := range checks {
		results = append(results, conformance.Result{Check: check, Outcome: outcome})
	}
	return results
}
