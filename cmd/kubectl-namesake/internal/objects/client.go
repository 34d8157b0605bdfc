// Package objects reads what the commands of the plugin need of a cluster.
package objects

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Scheme has the four kinds, Kubernetes' own, and CustomResourceDefinitions.
var Scheme = newScheme()

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, admissionregistrationv1.AddToScheme, apiextensionsv1.AddToScheme,
		sandboxv1.AddToScheme, extensionsv1.AddToScheme,
	} {
		utilruntime.Must(add(scheme))
	}
	return scheme
}

// NewClient returns a client that reads live. It knows the types of Scheme, and any others as unstructured.
func NewClient(config *rest.Config, mapper meta.RESTMapper) (client.WithWatch, error) {
	return client.NewWithWatch(config, client.Options{Scheme: Scheme, Mapper: mapper})
}
