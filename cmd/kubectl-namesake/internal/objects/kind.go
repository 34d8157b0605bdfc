package objects

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Kind is a kind that commands take as KIND/NAME.
type Kind struct {
	// Name is the kind, such as SandboxClaim.
	Name string
	// Group is its API group, "" for Kubernetes' own.
	Group string
	// Resource is the plural, such as sandboxclaims.
	Resource string
	// Short is what users may write besides the kind and the plural. The first is what messages use.
	Short []string
}

// The kinds that commands take as KIND/NAME.
var (
	Claim = &Kind{
		Name: extensionsv1.KindSandboxClaim, Group: extensionsv1.GroupName, Resource: extensionsv1.ResourceSandboxClaims,
		Short: []string{"claim", "claims"},
	}
	Pool = &Kind{
		Name: extensionsv1.KindSandboxWarmPool, Group: extensionsv1.GroupName, Resource: extensionsv1.ResourceSandboxWarmPools,
		Short: []string{"pool", "pools", "swp"},
	}
	Template = &Kind{
		Name: extensionsv1.KindSandboxTemplate, Group: extensionsv1.GroupName, Resource: extensionsv1.ResourceSandboxTemplates,
		Short: []string{"template", "templates"},
	}
	Sandbox = &Kind{
		Name: sandboxv1.KindSandbox, Group: sandboxv1.GroupName, Resource: sandboxv1.ResourceSandboxes,
		Short: []string{"sandbox"},
	}
	Pod = &Kind{
		Name: "Pod", Resource: "pods", Short: []string{"pod", "po"},
	}
)

// Kinds are all of them.
var Kinds = []*Kind{Claim, Pool, Sandbox, Template, Pod}

// String returns the word for the kind in messages.
func (k *Kind) String() string { return k.Short[0] }

// GroupVersionKind returns the kind with its group and version, as a request names it.
func (k *Kind) GroupVersionKind() schema.GroupVersionKind {
	version := "v1beta1"
	if k.Group == "" {
		version = "v1"
	}
	return schema.GroupVersionKind{Group: k.Group, Version: version, Kind: k.Name}
}

// New returns an empty object.
func (k *Kind) New() client.Object { return newOf[client.Object](k.GroupVersionKind()) }

// NewList returns an empty list.
func (k *Kind) NewList() client.ObjectList {
	kind := k.GroupVersionKind()
	kind.Kind += "List"
	return newOf[client.ObjectList](kind)
}

// newOf returns an empty object or list of a kind that Scheme has, as it has all of Kinds.
func newOf[T any](kind schema.GroupVersionKind) T {
	object, err := Scheme.New(kind)
	utilruntime.Must(err)
	return object.(T)
}

// NameOf returns how kubectl's -o name writes an object, such as "sandboxclaim.extensions.agents.x-k8s.io/agent".
func (k *Kind) NameOf(name string) string {
	kind := strings.ToLower(k.Name)
	if k.Group != "" {
		kind += "." + k.Group
	}
	return kind + "/" + name
}

// Ref is an object that the user names.
type Ref struct {
	Kind *Kind
	Name string
}

// String returns the object as KIND/NAME.
func (r Ref) String() string { return r.Kind.String() + "/" + r.Name }

// ParseRef reads KIND/NAME, or KIND NAME as two arguments. The kind may be written as kubectl takes it. It must be one of kinds.
func ParseRef(args []string, kinds ...*Kind) (Ref, error) {
	var kind, name string
	switch len(args) {
	case 1:
		var found bool
		if kind, name, found = strings.Cut(args[0], "/"); !found {
			return Ref{}, fmt.Errorf("name an object as KIND/NAME, such as %s/NAME; found %q", kinds[0], args[0])
		}
	case 2:
		kind, name = args[0], args[1]
	default:
		return Ref{}, errors.New("name one object, as KIND/NAME or KIND NAME")
	}
	if name == "" || strings.Contains(name, "/") {
		return Ref{}, fmt.Errorf("name one object after its kind, such as %s/NAME", kinds[0])
	}
	for _, k := range kinds {
		if k.is(kind) {
			return Ref{k, name}, nil
		}
	}
	var words []string
	for _, k := range kinds {
		words = append(words, k.String())
	}
	return Ref{}, fmt.Errorf("unknown kind %q: use one of %s", kind, strings.Join(words, ", "))
}

// is reports whether a user's word means this kind. A word may have the group behind it.
func (k *Kind) is(word string) bool {
	word, group, _ := strings.Cut(strings.ToLower(word), ".")
	if group != "" && group != k.Group && group != "v1beta1."+k.Group {
		return false
	}
	return strings.EqualFold(word, k.Name) || word == k.Resource || slices.Contains(k.Short, word)
}
