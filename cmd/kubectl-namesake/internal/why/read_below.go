package why

import (
	"cmp"
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// readPod reads the Pod of the Sandbox's Pod's name, whoever's it is.
func (r *reader) readPod(ctx context.Context) error {
	s := r.snapshot
	if s.Pod != nil || s.Sandbox == nil {
		return nil
	}
	pod := &corev1.Pod{}
	found, err := r.get(ctx, "Pod", r.key(rules.PodName(s.Sandbox)), pod)
	if found {
		s.Pod = pod
	}
	return err
}

// readNodes reads the Pod's node; or those that it could have, if it has none; or those of a pool's members.
func (r *reader) readNodes(ctx context.Context) error {
	s := r.snapshot
	pod := s.Pod
	if pod != nil && pod.Spec.NodeName != "" {
		node := &corev1.Node{}
		found, err := r.get(ctx, "Node", client.ObjectKey{Name: pod.Spec.NodeName}, node)
		if found {
			s.Nodes = append(s.Nodes, *node)
		}
		if err != nil {
			return err
		}
	}
	if len(s.Members) == 0 && (pod == nil || pod.Spec.NodeName != "") {
		return nil
	}
	var nodes corev1.NodeList
	if err := r.list(ctx, "Node", &nodes); err != nil {
		return err
	}
	for i := range nodes.Items {
		known := func(n corev1.Node) bool { return n.Name == nodes.Items[i].Name }
		if !slices.ContainsFunc(s.Nodes, known) {
			s.Nodes = append(s.Nodes, nodes.Items[i])
		}
	}
	return nil
}

// readVolumes reads the PersistentVolumeClaims that the Sandbox is to have, or that the Pod names, and the StorageClasses of those that
// wait.
func (r *reader) readVolumes(ctx context.Context) error {
	s := r.snapshot
	var names []string
	if s.Sandbox != nil {
		for i := range s.Sandbox.Spec.VolumeClaimTemplates {
			names = append(names, rules.VolumeName(s.Sandbox, i))
		}
	}
	if s.Pod != nil {
		for _, volume := range s.Pod.Spec.Volumes {
			if volume.PersistentVolumeClaim != nil {
				names = append(names, volume.PersistentVolumeClaim.ClaimName)
			}
		}
	}
	slices.Sort(names)
	waits := false
	for _, name := range slices.Compact(names) {
		volume := &corev1.PersistentVolumeClaim{}
		found, err := r.get(ctx, "PersistentVolumeClaim", r.key(name), volume)
		if err != nil {
			return err
		}
		if found {
			s.Volumes = append(s.Volumes, *volume)
			waits = waits || volume.Status.Phase != corev1.ClaimBound
		}
	}
	if !waits {
		return nil
	}
	var classes storagev1.StorageClassList
	err := r.list(ctx, "StorageClass", &classes)
	s.StorageClasses = classes.Items
	return err
}

func (r *reader) readQuotas(ctx context.Context) error {
	var quotas corev1.ResourceQuotaList
	err := r.list(ctx, "ResourceQuota", &quotas, client.InNamespace(r.namespace))
	r.snapshot.Quotas = quotas.Items
	return err
}

// readEvents reads the events of what can say by them alone what is wrong: the template, the Pod, and volumes.
func (r *reader) readEvents(ctx context.Context) error {
	s := r.snapshot
	type about struct{ kind, name string }
	var abouts []about
	if s.TemplateName != "" {
		abouts = append(abouts, about{objects.Template.Name, s.TemplateName})
	}
	if s.Pod != nil {
		abouts = append(abouts, about{"Pod", s.Pod.Name})
	}
	for i := range s.Volumes {
		abouts = append(abouts, about{"PersistentVolumeClaim", s.Volumes[i].Name})
	}
	for _, object := range abouts {
		var events corev1.EventList
		selector := client.MatchingFieldsSelector{Selector: fields.Set{
			"involvedObject.kind": object.kind, "involvedObject.name": object.name, "type": corev1.EventTypeWarning,
		}.AsSelector()}
		if err := r.list(ctx, "Event", &events, client.InNamespace(r.namespace), selector); err != nil {
			return err
		}
		s.Events = append(s.Events, events.Items...)
	}
	slices.SortStableFunc(s.Events, func(a, b corev1.Event) int { return lastSeen(&a).Compare(lastSeen(&b)) })
	return nil
}

// lastSeen returns when an event last happened. Which of the fields has it depends on which API it was written by.
func lastSeen(event *corev1.Event) time.Time {
	last := cmp.Or(event.LastTimestamp.Time, event.EventTime.Time, event.CreationTimestamp.Time)
	if event.Series != nil && event.Series.LastObservedTime.After(last) {
		return event.Series.LastObservedTime.Time
	}
	return last
}

func (r *reader) readInstallation(ctx context.Context) error {
	facts, err := (&installation.Reader{Client: r.client, Now: r.now, Brief: true}).Read(ctx, r.namespace)
	if err != nil {
		return err
	}
	r.snapshot.Installation = installation.Judge(facts)
	r.snapshot.Unseen = append(r.snapshot.Unseen, facts.Unseen...)
	return nil
}
