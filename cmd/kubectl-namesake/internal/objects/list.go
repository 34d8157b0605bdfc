package objects

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// List fills list with all objects that options select, in pages of 500 as kubectl does. It asks for the whole at once if a page
// expires.
func List(ctx context.Context, c client.Reader, list client.ObjectList, options ...client.ListOption) error {
	asked := (&client.ListOptions{}).ApplyOptions(options)
	pages := pager.New(func(ctx context.Context, page metav1.ListOptions) (runtime.Object, error) {
		one := list.DeepCopyObject().(client.ObjectList)
		pageOptions := *asked
		pageOptions.Limit, pageOptions.Continue = page.Limit, page.Continue
		err := c.List(ctx, one, &pageOptions)
		return one, err
	})
	whole, _, err := pages.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	items, err := meta.ExtractList(whole)
	if err != nil {
		return err
	}
	version, err := meta.NewAccessor().ResourceVersion(whole)
	if err != nil {
		return err
	}
	list.SetResourceVersion(version)
	return meta.SetList(list, items)
}
