package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// pageSize is how many objects a list asks for at a time.
	pageSize = 500
	// listTries is how often a list is begun, if the API server has dropped the state that the earlier pages were of.
	listTries = 4
)

// Source reads the objects of an audit from the API server. It is for one audit, and for one goroutine.
type Source struct {
	// Reader reads live.
	Reader client.Reader
	// Pause is called before each page. An error of it ends the list. It may be nil.
	Pause func(context.Context) error

	// going are the namespaces that were found to be going, or gone. That is asked once, however many findings there are in one.
	going map[string]bool
}

// Unread is a kind that could not be read, and why.
type Unread struct {
	Kind string
	// Absent says that the cluster has no such kind. Partial says that all but single objects were read. Otherwise the kind may not be
	// listed, or something failed.
	Absent, Partial bool
	Err             error
}

// partialError is about single objects of a list.
type partialError struct{ error }

// List reads all kinds in namespace, or in all if it is empty, page by page. It goes on where a kind cannot be listed, or an object
// cannot be read, and returns these. The error is ctx's, or Pause's.
func (s *Source) List(ctx context.Context, namespace string) (Namespaces, []Unread, error) {
	found, unread := Namespaces{}, []Unread{}
	for _, k := range kinds {
		objects, err := s.list(ctx, k, namespace)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if stopped, ok := errors.AsType[*pauseError](err); ok {
			return nil, nil, stopped.error
		}
		if err != nil {
			var partial *partialError
			unread = append(unread, Unread{Kind: k.name, Absent: isAbsent(err), Partial: errors.As(err, &partial), Err: err})
		}
		for _, obj := range objects {
			found.Add(obj)
		}
	}
	missing := sets.New[string]()
	for _, u := range unread {
		if !u.Partial { // Whatever rests on one object that is left out is not confirmed.
			missing.Insert(u.Kind)
		}
	}
	for _, snapshot := range found {
		snapshot.Unread = missing
	}
	return found, unread, nil
}

// ListPods lists the metadata of the Pods in namespace, or in all, that options select.
func (s *Source) ListPods(ctx context.Context, namespace string, options ...client.ListOption) ([]client.Object, error) {
	k, _ := kindNamed(KindPod)
	return s.list(ctx, k, namespace, options...)
}

// list reads one kind, in the first of its versions that is served. Where none is, the error is about the newest.
func (s *Source) list(ctx context.Context, k kind, namespace string, options ...client.ListOption) ([]client.Object, error) {
	var absent error
	for i := range k.versions {
		objects, err := s.whole(ctx, k, i, namespace, options)
		if !isAbsent(err) {
			return objects, err
		}
		absent = cmp.Or(absent, err)
	}
	return nil, absent
}

// whole reads one kind in its i-th version, and begins again where the list expires in between.
func (s *Source) whole(
	ctx context.Context, k kind, i int, namespace string, options []client.ListOption,
) (objects []client.Object, err error) {
	for range listTries {
		objects, err = s.pages(ctx, k, i, namespace, options)
		if !apierrors.IsResourceExpired(err) && !apierrors.IsGone(err) {
			break
		}
	}
	return objects, err
}

// pauseError is an error of Source.Pause.
type pauseError struct{ error }

// pages reads all pages of one kind in its i-th version. If single objects cannot be read, it returns the others and an error.
func (s *Source) pages(ctx context.Context, k kind, version int, namespace string, options []client.ListOption) ([]client.Object, error) {
	var objects []client.Object
	var unreadable []error
	token := ""
	for {
		if s.Pause != nil {
			if err := s.Pause(ctx); err != nil {
				return nil, &pauseError{err}
			}
		}
		page, next, bad, err := s.page(ctx, k, version, append([]client.ListOption{
			client.InNamespace(namespace), client.Limit(pageSize), client.Continue(token),
		}, options...))
		if err != nil {
			return nil, err
		}
		objects, unreadable, token = append(objects, page...), append(unreadable, bad...), next
		if token == "" {
			if len(unreadable) > 0 {
				return objects, &partialError{errors.Join(unreadable...)}
			}
			return objects, nil
		}
	}
}

// page reads one page, and returns where the next one begins, or "". bad are the errors of single objects.
func (s *Source) page(
	ctx context.Context, k kind, version int, options []client.ListOption,
) (objects []client.Object, next string, bad []error, err error) {
	gvk := k.versions[version].WithKind(k.name + "List")
	if k.name == KindPod {
		var list metav1.PartialObjectMetadataList
		list.SetGroupVersionKind(gvk)
		if err := s.Reader.List(ctx, &list, options...); err != nil {
			return nil, "", nil, err
		}
		for i := range list.Items {
			objects = append(objects, podOf(&list.Items[i]))
		}
		return objects, list.Continue, nil, nil
	}
	var list unstructured.UnstructuredList
	list.SetGroupVersionKind(gvk)
	if err := s.Reader.List(ctx, &list, options...); err != nil {
		return nil, "", nil, err
	}
	for i := range list.Items {
		obj, err := k.decode(&list.Items[i])
		if err != nil {
			bad = append(bad, err)
			continue
		}
		objects = append(objects, obj)
	}
	return objects, list.GetContinue(), bad, nil
}

// isAbsent reports whether err says that the cluster has no such kind, or not in that version.
func isAbsent(err error) bool {
	return meta.IsNoMatchError(err) || apierrors.IsNotFound(err)
}

// get reads one object as List does. It returns nil if the object, or its kind, is not there.
func (s *Source) get(ctx context.Context, object Object) (client.Object, error) {
	k, known := kindNamed(object.Kind)
	if !known || len(content.IsPathSegmentName(object.Name)) > 0 { // No object has such a name, and no client asks for it.
		return nil, nil
	}
	for _, version := range k.versions {
		raw := &unstructured.Unstructured{}
		raw.SetGroupVersionKind(version.WithKind(k.name))
		switch err := s.Reader.Get(ctx, client.ObjectKey{Namespace: object.Namespace, Name: object.Name}, raw); {
		case err == nil:
			return k.decode(raw)
		case apierrors.IsNotFound(err):
			return nil, nil
		case !meta.IsNoMatchError(err):
			return nil, fmt.Errorf("reading %s in namespace %q again: %w", object, object.Namespace, err)
		}
	}
	return nil, nil
}
