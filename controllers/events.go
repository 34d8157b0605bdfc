package controllers

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// noteLimit is the maximum length of an event's note, in bytes. The API server refuses an event with a longer note, and the
// event is lost.
const noteLimit = 1024

// truncatingRecorder is a recorder that cuts each note to the length that an event can hold. Some notes quote the API
// server, and such quotes can be long.
type truncatingRecorder struct{ recorder.EventRecorder }

func recorderOf(mgr manager.Manager, name string) recorder.EventRecorder {
	return truncatingRecorder{mgr.GetEventRecorder(name)}
}

// Eventf implements recorder.EventRecorder.
func (b truncatingRecorder) Eventf(regarding, related runtime.Object, kind, reason, action, note string, args ...any) {
	b.EventRecorder.Eventf(regarding, related, kind, reason, action, "%s", rules.Cut(fmt.Sprintf(note, args...), noteLimit))
}

// AnnotatedEventf implements recorder.EventRecorder.
func (b truncatingRecorder) AnnotatedEventf(
	regarding, related runtime.Object, annotations map[string]string, kind, reason, action, note string, args ...any,
) {
	short := rules.Cut(fmt.Sprintf(note, args...), noteLimit)
	b.EventRecorder.AnnotatedEventf(regarding, related, annotations, kind, reason, action, "%s", short)
}

// discardRecorder is a recorder that drops every event.
type discardRecorder struct{}

// Eventf implements recorder.EventRecorder.
func (discardRecorder) Eventf(_, _ runtime.Object, _, _, _, _ string, _ ...any) {}

// AnnotatedEventf implements recorder.EventRecorder.
func (discardRecorder) AnnotatedEventf(_, _ runtime.Object, _ map[string]string, _, _, _, _ string, _ ...any) {
}
