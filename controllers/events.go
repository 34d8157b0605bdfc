package controllers

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/reference"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// noteLimit is the maximum length of an event's note, in bytes. The API server refuses an event with a longer note, and the
// event is lost.
const noteLimit = 1024

// yieldingRecorder is a recorder whose events yield to claims that are on their way. It cuts each note to the length that an
// event can hold. Some notes quote the API server, and such quotes can be long.
type yieldingRecorder struct {
	recorder.EventRecorder

	scheme  *runtime.Scheme
	traffic *yield.Traffic
}

// recorders returns a function that returns the recorder of a component of that name.
func recorders(mgr manager.Manager, traffic *yield.Traffic) func(name string) recorder.EventRecorder {
	return func(name string) recorder.EventRecorder {
		return yieldingRecorder{mgr.GetEventRecorder(name), mgr.GetScheme(), traffic}
	}
}

// Eventf implements recorder.EventRecorder.
func (y yieldingRecorder) Eventf(regarding, related runtime.Object, kind, reason, action, note string, args ...any) {
	y.AnnotatedEventf(regarding, related, nil, kind, reason, action, note, args...)
}

// AnnotatedEventf implements recorder.EventRecorder.
func (y yieldingRecorder) AnnotatedEventf(
	regarding, related runtime.Object, annotations map[string]string, kind, reason, action, note string, args ...any,
) {
	short := rules.Cut(fmt.Sprintf(note, args...), noteLimit)
	regarding, related = y.refer(regarding), y.refer(related)
	y.traffic.Later(func() {
		y.EventRecorder.AnnotatedEventf(regarding, related, annotations, kind, reason, action, "%s", short)
	})
}

// refer returns a reference to obj, which may be nil: its owner may change the object before the event is written.
func (y yieldingRecorder) refer(obj runtime.Object) runtime.Object {
	if obj == nil {
		return nil
	}
	ref, err := reference.GetReference(y.scheme, obj)
	if err != nil {
		return obj
	}
	return ref
}

// discardRecorder is a recorder that drops every event.
type discardRecorder struct{}

// Eventf implements recorder.EventRecorder.
func (discardRecorder) Eventf(_, _ runtime.Object, _, _, _, _ string, _ ...any) {}

// AnnotatedEventf implements recorder.EventRecorder.
func (discardRecorder) AnnotatedEventf(_, _ runtime.Object, _ map[string]string, _, _, _, _ string, _ ...any) {
}
