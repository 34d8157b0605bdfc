package unreadable

import (
	"context"
	"net/http"
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// reader reads Namesake's own kinds, and leaves all others to the client.Reader in it.
type reader struct {
	client.Reader

	objects, lists map[reflect.Type]*source
}

// NewReader returns a reader that reads live. Reading an unreadable object of Namesake's own kinds fails with an *Error, as
// does reading a list with such an object. Nothing of that object is decoded but its metadata. others reads all other kinds.
func NewReader(cfg *rest.Config, connection *http.Client, scheme *runtime.Scheme, others client.Reader) (client.Reader, error) {
	r := &reader{Reader: others, objects: map[reflect.Type]*source{}, lists: map[reflect.Type]*source{}}
	for _, k := range kinds() {
		c, err := k.newRESTClient(cfg, connection, scheme)
		if err != nil {
			return nil, err
		}
		own := &source{codec: codec{kind: k}, client: c}
		r.objects[reflect.TypeOf(k.object)], r.lists[reflect.TypeOf(k.list)] = own, own
	}
	return r, nil
}

// Get implements client.Reader.
func (r *reader) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	own, ok := r.objects[reflect.TypeOf(into)]
	if !ok {
		return r.Reader.Get(ctx, key, into, options...)
	}
	get := (&client.GetOptions{}).ApplyOptions(options).AsGetOptions()
	text, err := raw(own.client.Get().Namespace(key.Namespace).Resource(own.resource).Name(key.Name).
		VersionedParams(get, metav1.ParameterCodec).Do(ctx))
	if err != nil {
		return err
	}
	object, unreadable := own.decode(text)
	if unreadable != nil {
		return unreadable
	}
	reflect.ValueOf(into).Elem().Set(reflect.ValueOf(object).Elem())
	return nil
}

// List implements client.Reader.
func (r *reader) List(ctx context.Context, into client.ObjectList, options ...client.ListOption) error {
	own, ok := r.lists[reflect.TypeOf(into)]
	if !ok {
		return r.Reader.List(ctx, into, options...)
	}
	list := (&client.ListOptions{}).ApplyOptions(options)
	text, err := raw(own.client.Get().NamespaceIfScoped(list.Namespace, list.Namespace != "").Resource(own.resource).
		VersionedParams(list.AsListOptions(), metav1.ParameterCodec).Do(ctx))
	if err != nil {
		return err
	}
	found, left, err := own.decodeList(text)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return left[0]
	}
	reflect.ValueOf(into).Elem().Set(reflect.ValueOf(found).Elem())
	return nil
}
