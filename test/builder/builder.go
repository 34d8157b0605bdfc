// Package builder makes objects for tests. A test says what matters to it and leaves the rest to the builder:
//
//	builder.MakeSandbox("a").Pool(pool).Ready().Obj()
//
// Objects are valid as they are made, in the namespace "default", and everything about them is the same in every
// run: the UID of Sandbox "a" is "sandbox-a-uid", and it was created at Epoch. A method is named after the field that
// it sets; Obj returns a copy, so a wrapper can go on to make the next version of its object.
package builder

import (
	"fmt"
	"hash/fnv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// These are the values of an object when the test does not set them.
const (
	DefaultNamespace = metav1.NamespaceDefault
	DefaultTemplate  = "template"
	DefaultContainer = "main"
	DefaultImage     = "python:3.13-slim"
	DefaultNode      = "node-1"
	DefaultPodIP     = "10.0.0.1"
)

// Epoch is when objects were created and their conditions changed, unless the test sets another time.
var Epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// UID returns the UID of an object of this kind ("sandbox", in lower case) and name, unless the test sets another.
func UID(kind, name string) types.UID {
	return types.UID(kind + "-" + name + "-uid")
}

// metadata holds the methods that set a field of an object's metadata. W is the wrapper that they return.
type metadata[W any] struct {
	wrapper W
	object  metav1.Object
}

func makeMetadata[W any](wrapper W, object metav1.Object, kind, name string) metadata[W] {
	object.SetNamespace(DefaultNamespace)
	object.SetName(name)
	object.SetGeneration(1)
	object.SetCreationTimestamp(metav1.NewTime(Epoch))
	if name != "" {
		object.SetUID(UID(kind, name))
	}
	return metadata[W]{wrapper: wrapper, object: object}
}

// Name sets the name, and leaves what was derived from the previous one.
func (m *metadata[W]) Name(name string) W {
	m.object.SetName(name)
	return m.wrapper
}

// GenerateName removes the name, for the API server to make one from the prefix.
func (m *metadata[W]) GenerateName(prefix string) W {
	m.object.SetName("")
	m.object.SetGenerateName(prefix)
	return m.wrapper
}

// Namespace sets the namespace.
func (m *metadata[W]) Namespace(namespace string) W {
	m.object.SetNamespace(namespace)
	return m.wrapper
}

// UID sets the UID.
func (m *metadata[W]) UID(uid types.UID) W {
	m.object.SetUID(uid)
	return m.wrapper
}

// ResourceVersion sets the resource version, which is empty otherwise.
func (m *metadata[W]) ResourceVersion(version string) W {
	m.object.SetResourceVersion(version)
	return m.wrapper
}

// Generation sets the generation. Conditions that were set before keep the previous one as their observed generation.
func (m *metadata[W]) Generation(generation int64) W {
	m.object.SetGeneration(generation)
	return m.wrapper
}

// CreatedAt sets the creation time.
func (m *metadata[W]) CreatedAt(at time.Time) W {
	m.object.SetCreationTimestamp(metav1.NewTime(at))
	return m.wrapper
}

// Label sets a label.
func (m *metadata[W]) Label(key, value string) W {
	m.object.SetLabels(withKey(m.object.GetLabels(), key, value))
	return m.wrapper
}

// WithoutLabel removes labels.
func (m *metadata[W]) WithoutLabel(keys ...string) W {
	labels := m.object.GetLabels()
	for _, key := range keys {
		delete(labels, key)
	}
	return m.wrapper
}

// Annotation sets an annotation.
func (m *metadata[W]) Annotation(key, value string) W {
	m.object.SetAnnotations(withKey(m.object.GetAnnotations(), key, value))
	return m.wrapper
}

// WithoutAnnotation removes annotations.
func (m *metadata[W]) WithoutAnnotation(keys ...string) W {
	annotations := m.object.GetAnnotations()
	for _, key := range keys {
		delete(annotations, key)
	}
	return m.wrapper
}

// OwnerReferences replaces the owner references; without arguments the object has no owner.
func (m *metadata[W]) OwnerReferences(references ...metav1.OwnerReference) W {
	m.object.SetOwnerReferences(references)
	return m.wrapper
}

// Deleting makes the object terminating, waiting for the deletion of its dependents.
func (m *metadata[W]) Deleting() W {
	m.object.SetDeletionTimestamp(&metav1.Time{Time: Epoch.Add(time.Hour)})
	m.object.SetDeletionGracePeriodSeconds(new(int64))
	m.object.SetFinalizers([]string{metav1.FinalizerDeleteDependents})
	return m.wrapper
}

// withKey returns pairs, which may be nil, with one more pair.
func withKey(pairs map[string]string, key, value string) map[string]string {
	if pairs == nil {
		pairs = map[string]string{}
	}
	pairs[key] = value
	return pairs
}

// nameHash returns the hash of a name in a label. It duplicates the product's function, so that tests of that notice a change.
func nameHash(name string) string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name)) // It never fails.
	return fmt.Sprintf("%08x", sum.Sum32())
}

// setCondition sets a condition as the controllers do: one of each type, at Epoch, for the object's generation.
func setCondition(conditions []metav1.Condition, condition metav1.Condition) []metav1.Condition {
	condition.LastTransitionTime = metav1.NewTime(Epoch)
	for i := range conditions {
		if conditions[i].Type == condition.Type {
			conditions[i] = condition
			return conditions
		}
	}
	return append(conditions, condition)
}

func podSpec() corev1.PodSpec {
	return corev1.PodSpec{Containers: []corev1.Container{{Name: DefaultContainer, Image: DefaultImage}}}
}
