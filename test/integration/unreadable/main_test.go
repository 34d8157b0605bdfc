// Package unreadable stores what Go cannot read, on an API server whose schemas are looser than the shipped ones and without
// webhooks, and reads it through the manager's cache.
package unreadable

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

var (
	server *rest.Config
	scheme = runtime.NewScheme()
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "test/integration/unreadable:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, sandboxv1.AddToScheme, extensionsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return 0, err
		}
	}
	shipped := envtest.CRDInstallOptions{Paths: []string{filepath.Join("..", "..", "..", "config", "crd", "bases")}, ErrorIfPathMissing: true}
	if err := envtest.ReadCRDFiles(&shipped); err != nil {
		return 0, err
	}
	env := &envtest.Environment{CRDs: loosened(shipped.CRDs)}
	if server, err = env.Start(); err != nil {
		return 0, err
	}
	code = m.Run()
	return code, env.Stop()
}

// loosened returns CRDs whose specs may be anything. The API server itself looks at the number of replicas where there is a
// scale.
func loosened(crds []*apiextensionsv1.CustomResourceDefinition) []*apiextensionsv1.CustomResourceDefinition {
	for _, crd := range crds {
		for i := range crd.Spec.Versions {
			if crd.Spec.Versions[i].Subresources != nil {
				crd.Spec.Versions[i].Subresources.Scale = nil
			}
			crd.Spec.Versions[i].Schema.OpenAPIV3Schema = &apiextensionsv1.JSONSchemaProps{
				Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{
					"spec": {Type: "object", XPreserveUnknownFields: new(true)}, "status": {Type: "object", XPreserveUnknownFields: new(true)},
				},
			}
		}
	}
	return crds
}
