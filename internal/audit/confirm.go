package audit

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Confirm reads what finding is about once more, live, and reports whether it still holds by that alone. The objects are read in the
// order in which List reads kinds: what refers to another before the other. It does not hold in a namespace that is being deleted, where
// objects go in any order.
func (s *Source) Confirm(ctx context.Context, finding *Finding) (bool, error) {
	going, err := s.isGoing(ctx, finding.Object.Namespace)
	if err != nil || going {
		return false, err
	}
	objects := finding.reads()
	slices.SortStableFunc(objects, func(a, b Object) int { return rank(a.Kind) - rank(b.Kind) })
	snapshot, read := &Snapshot{}, map[Object]bool{}
	for _, object := range objects {
		object.UID = "" // What has the name now counts, whatever had it.
		if read[object] {
			continue
		}
		read[object] = true
		obj, err := s.get(ctx, object)
		if err != nil {
			return false, err
		}
		if obj != nil {
			snapshot.add(obj)
		}
	}
	key := finding.Key()
	return slices.ContainsFunc(Run(snapshot), func(again Finding) bool { return again.Key() == key }), nil
}

func rank(name string) int {
	return slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
}

// isGoing reports whether a namespace is being deleted, or gone. Who may not read it does not know.
func (s *Source) isGoing(ctx context.Context, namespace string) (bool, error) {
	if s.going[namespace] {
		return true, nil
	}
	going, err := s.lookGoing(ctx, namespace)
	if going {
		if s.going == nil {
			s.going = map[string]bool{}
		}
		s.going[namespace] = true
	}
	return going, err
}

func (s *Source) lookGoing(ctx context.Context, namespace string) (bool, error) {
	found := &metav1.PartialObjectMetadata{}
	found.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	switch err := s.Reader.Get(ctx, client.ObjectKey{Name: namespace}, found); {
	case apierrors.IsForbidden(err):
		return false, nil
	case apierrors.IsNotFound(err):
		return true, nil
	case err != nil:
		return false, err
	}
	return !exists(found), nil
}
