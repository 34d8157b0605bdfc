package testbed

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// NotesOf returns the events in a namespace that have a reason, as "kind/name: note".
func (b *Bed) NotesOf(t *testing.T, namespace, reason string) []string {
	t.Helper()
	var events corev1.EventList
	if err := b.Admin.List(t.Context(), &events, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	var notes []string
	for i := range events.Items {
		if event := &events.Items[i]; event.Reason == reason {
			notes = append(notes, fmt.Sprintf("%s/%s: %s", event.InvolvedObject.Kind, event.InvolvedObject.Name, event.Message))
		}
	}
	return notes
}
