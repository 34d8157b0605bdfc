package objects

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Snapshot is what there is in a namespace, or in all of them.
type Snapshot struct {
	Templates []extensionsv1.SandboxTemplate
	Pools     []extensionsv1.SandboxWarmPool
	Claims    []extensionsv1.SandboxClaim
	Sandboxes []sandboxv1.Sandbox
	// Pods are those of Sandboxes, by their label.
	Pods []corev1.Pod
	// Unseen says of kinds, by their plural, why they could not be read.
	Unseen map[string]string
}

// Take reads the objects of these kinds in a namespace, or in all for "". A kind that the user may not read, or that is not installed,
// is left out, and Unseen says so. It is an error if none of the kinds can be read, or nothing but Pods.
func Take(ctx context.Context, c client.Reader, namespace string, kinds ...*Kind) (*Snapshot, error) {
	s := &Snapshot{Unseen: map[string]string{}}
	var first error
	for _, kind := range kinds {
		if err := s.read(ctx, c, namespace, kind); CannotSee(err) != "" {
			s.Unseen[kind.Resource] = CannotSee(err)
			first = cmp.Or(first, err)
		} else if err != nil {
			return nil, fmt.Errorf("reading %s: %w", kind.Resource, err)
		}
	}
	seen := func(kind *Kind) bool { return kind != Pod && s.Unseen[kind.Resource] == "" }
	if !slices.ContainsFunc(kinds, seen) {
		return nil, first
	}
	return s, nil
}

func (s *Snapshot) read(ctx context.Context, c client.Reader, namespace string, kind *Kind) error {
	list, options := kind.NewList(), []client.ListOption{client.InNamespace(namespace)}
	if kind == Pod {
		options = append(options, client.HasLabels{sandboxv1.LabelSandboxNameHash})
	}
	if err := List(ctx, c, list, options...); err != nil {
		return err
	}
	switch list := list.(type) {
	case *extensionsv1.SandboxTemplateList:
		s.Templates = list.Items
	case *extensionsv1.SandboxWarmPoolList:
		s.Pools = list.Items
	case *extensionsv1.SandboxClaimList:
		s.Claims = list.Items
	case *sandboxv1.SandboxList:
		s.Sandboxes = list.Items
	case *corev1.PodList:
		s.Pods = list.Items
	}
	return nil
}

// Notes returns a line for each kind that could not be read.
func (s *Snapshot) Notes() []string {
	var notes []string
	for _, resource := range slices.Sorted(maps.Keys(s.Unseen)) {
		notes = append(notes, fmt.Sprintf("%s are not shown: %s", resource, s.Unseen[resource]))
	}
	return notes
}
