package unreadable

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubejson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// codec decodes the objects of a kind.
type codec struct {
	*kind

	// specs holds the specs of Pods that decoded objects share. It is nil for objects that someone may change.
	specs *specs
}

// decode decodes an object. What decode returns as unreadable, it has not decoded, apart from its metadata.
func (c *codec) decode(object []byte) (client.Object, *Error) {
	found, oversized := partsOf(object, c.shape)
	if oversized != nil {
		return nil, c.unreadable(object, oversized)
	}
	decoded := c.newObject()
	if err := c.into(object, found, decoded); err != nil {
		return nil, c.unreadable(object, err)
	}
	return decoded, nil
}

// into decodes object into empty, as a client does: without its apiVersion and kind.
func (c *codec) into(object []byte, found parts, empty client.Object) error {
	defer func() { empty.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{}) }()
	if c.specs == nil {
		return kubejson.Unmarshal(object, empty)
	}
	return c.specs.decode(object, found, empty)
}

// unreadable returns the Error of an object that cannot be read because of err.
func (c *codec) unreadable(object []byte, err error) *Error {
	e := &Error{Reason: reasonOf(err)}
	if kubejson.Unmarshal(object, &e.Object) != nil {
		e.Object = metav1.PartialObjectMetadata{}
	}
	e.Object.ManagedFields = nil
	e.Object.SetGroupVersionKind(c.version.WithKind(c.name))
	return e
}

// remains returns an object that has the metadata of an unreadable one, and nothing else.
func (c *codec) remains(e *Error) (client.Object, error) {
	text, err := json.Marshal(&e.Object)
	if err != nil {
		return nil, err
	}
	object := c.newObject()
	return object, json.Unmarshal(text, object)
}

// listed is a list as the API server sends it. Items is the last field of interest, and may be long.
type listed struct {
	Metadata metav1.ListMeta   `json:"metadata"`
	Items    []json.RawMessage `json:"items"`
}

// decodeList decodes a list item by item. It returns the list of those that are readable, and the others.
func (c *codec) decodeList(text []byte) (client.ObjectList, []*Error, error) {
	var raw listed
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, nil, fmt.Errorf("reading a list of %s: %w", c.resource, err)
	}
	var left []*Error
	objects := make([]runtime.Object, 0, len(raw.Items))
	for _, item := range raw.Items {
		object, unreadable := c.decode(item)
		if unreadable != nil {
			left = append(left, unreadable)
			continue
		}
		objects = append(objects, object)
	}
	list := c.newList()
	if err := meta.SetList(list, objects); err != nil {
		return nil, nil, err
	}
	list.SetResourceVersion(raw.Metadata.ResourceVersion)
	list.SetContinue(raw.Metadata.Continue)
	list.SetRemainingItemCount(raw.Metadata.RemainingItemCount)
	return list, left, nil
}
