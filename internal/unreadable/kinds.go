package unreadable

import (
	"reflect"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/limits"
)

// kind is one of the kinds that users write and whose schema is Namesake's own.
type kind struct {
	object   client.Object
	list     client.ObjectList
	version  schema.GroupVersion
	name     string
	resource string
	// shape says where its JSON has quantities.
	shape *limits.Shape
}

// kinds are all of them.
func kinds() []*kind {
	return []*kind{
		{
			&sandboxv1.Sandbox{}, &sandboxv1.SandboxList{}, sandboxv1.GroupVersion,
			sandboxv1.KindSandbox, sandboxv1.ResourceSandboxes,
			limits.ShapeOf[sandboxv1.Sandbox](),
		},
		{
			&extensionsv1.SandboxClaim{}, &extensionsv1.SandboxClaimList{}, extensionsv1.GroupVersion,
			extensionsv1.KindSandboxClaim, extensionsv1.ResourceSandboxClaims,
			limits.ShapeOf[extensionsv1.SandboxClaim](),
		},
		{
			&extensionsv1.SandboxTemplate{}, &extensionsv1.SandboxTemplateList{}, extensionsv1.GroupVersion,
			extensionsv1.KindSandboxTemplate, extensionsv1.ResourceSandboxTemplates,
			limits.ShapeOf[extensionsv1.SandboxTemplate](),
		},
		{
			&extensionsv1.SandboxWarmPool{}, &extensionsv1.SandboxWarmPoolList{}, extensionsv1.GroupVersion,
			extensionsv1.KindSandboxWarmPool, extensionsv1.ResourceSandboxWarmPools,
			limits.ShapeOf[extensionsv1.SandboxWarmPool](),
		},
	}
}

// newObject returns an empty object of the kind.
func (k *kind) newObject() client.Object {
	return reflect.New(reflect.TypeOf(k.object).Elem()).Interface().(client.Object)
}

// newList returns an empty list of the kind.
func (k *kind) newList() client.ObjectList {
	return reflect.New(reflect.TypeOf(k.list).Elem()).Interface().(client.ObjectList)
}
