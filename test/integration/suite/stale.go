package suite

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// view is a client that can be compared with another. An interceptor's client cannot.
type view struct{ client.WithWatch }

func intercept(c client.WithWatch, funcs interceptor.Funcs) client.WithWatch {
	return &view{WithWatch: interceptor.NewClient(c, funcs)}
}

// Seeing returns c with a stale cache, which still has old, whatever became of it.
func Seeing(c client.WithWatch, old ...client.Object) client.WithWatch {
	return intercept(c, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			for _, o := range old {
				if client.ObjectKeyFromObject(o) == key && reflect.TypeOf(o) == reflect.TypeOf(obj) {
					reflect.ValueOf(obj).Elem().Set(reflect.ValueOf(o.DeepCopyObject()).Elem())
					return nil
				}
			}
			return c.Get(ctx, key, obj, opts...)
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			return errors.Join(c.List(ctx, list, opts...), replaceItems(list, func(item client.Object) client.Object {
				for _, o := range old {
					if sameObject(o, item) {
						return o.DeepCopyObject().(client.Object)
					}
				}
				return item
			}))
		},
	})
}

// Missing returns c with a cache that has not seen these objects yet.
func Missing(c client.WithWatch, unseen ...client.Object) client.WithWatch {
	return intercept(c, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			for _, o := range unseen {
				if client.ObjectKeyFromObject(o) == key && reflect.TypeOf(o) == reflect.TypeOf(obj) {
					return apierrors.NewNotFound(schema.GroupResource{Resource: fmt.Sprintf("%T", obj)}, key.Name)
				}
			}
			return c.Get(ctx, key, obj, opts...)
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			return errors.Join(c.List(ctx, list, opts...), replaceItems(list, func(item client.Object) client.Object {
				for _, o := range unseen {
					if sameObject(o, item) {
						return nil
					}
				}
				return item
			}))
		},
	})
}

func sameObject(a, b client.Object) bool {
	return client.ObjectKeyFromObject(a) == client.ObjectKeyFromObject(b) && reflect.TypeOf(a) == reflect.TypeOf(b)
}

// replaceItems replaces each item of list by what replace returns, or removes it if that is nil.
func replaceItems(list client.ObjectList, replace func(client.Object) client.Object) error {
	items, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	var kept []runtime.Object
	for _, item := range items {
		if next := replace(item.(client.Object)); next != nil {
			kept = append(kept, next)
		}
	}
	return meta.SetList(list, kept)
}

// Write is a write on its way to the API server.
type Write struct {
	// Verb is create, patch, delete, or patch/status.
	Verb   string
	Object client.Object
}

// Before returns c, and calls do before each write. An error of do replaces the write: the process that sent it died before.
func Before(c client.WithWatch, do func(Write) error) client.WithWatch {
	return intercept(c, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
			if err := do(Write{Verb: "create", Object: obj}); err != nil {
				return err
			}
			return c.Create(ctx, obj, opts...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
			if err := do(Write{Verb: "patch", Object: obj}); err != nil {
				return err
			}
			return c.Patch(ctx, obj, patch, opts...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, obj client.Object, opts ...client.DeleteOption) error {
			if err := do(Write{Verb: "delete", Object: obj}); err != nil {
				return err
			}
			return c.Delete(ctx, obj, opts...)
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, obj client.Object, patch client.Patch,
			opts ...client.SubResourcePatchOption,
		) error {
			if err := do(Write{Verb: "patch/" + sub, Object: obj}); err != nil {
				return err
			}
			return c.SubResource(sub).Patch(ctx, obj, patch, opts...)
		},
	})
}

// Once returns a function for Before, which calls do before the first write of that verb to an object of that type, and at no
// other time.
func Once[T client.Object](verb string, do func()) func(Write) error {
	var once sync.Once
	return func(w Write) error {
		if _, ok := w.Object.(T); ok && w.Verb == verb {
			once.Do(do)
		}
		return nil
	}
}
