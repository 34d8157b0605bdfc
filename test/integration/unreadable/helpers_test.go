package unreadable

import (
	"reflect"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// kindOf returns the key of m that has like's type.
func kindOf[V any](m map[client.Object]V, like client.Object) client.Object {
	for key := range m {
		if reflect.TypeOf(key) == reflect.TypeOf(like) {
			return key
		}
	}
	return nil
}

func sum(counts map[string]int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

// apimeta returns the objects of a list.
func apimeta(list client.ObjectList) ([]client.Object, error) {
	var objects []client.Object
	err := meta.EachListItem(list, func(item runtime.Object) error {
		objects = append(objects, item.(client.Object))
		return nil
	})
	return objects, err
}
