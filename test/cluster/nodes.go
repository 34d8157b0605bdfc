package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// node returns a Node that kwok simulates, as large as a machine that runs sandboxes.
func node(index int) map[string]any {
	name := fmt.Sprintf("node-%03d", index)
	resources := map[string]any{"cpu": "32", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "1000"}
	return map[string]any{
		"apiVersion": "v1",
		"kind":       "Node",
		"metadata": map[string]any{
			"name": name,
			"labels": map[string]any{
				"kubernetes.io/arch":               "amd64",
				"kubernetes.io/hostname":           name,
				"kubernetes.io/os":                 "linux",
				"node.kubernetes.io/instance-type": "fake",
				"topology.kubernetes.io/region":    "local",
				"topology.kubernetes.io/zone":      fmt.Sprintf("local-%c", 'a'+index%3),
				"type":                             "kwok",
			},
			"annotations": map[string]any{"kwok.x-k8s.io/node": "fake"},
		},
		"status": map[string]any{"allocatable": resources, "capacity": resources},
	}
}

// createNodes creates the Nodes, a few at a time.
func (a *api) createNodes(ctx context.Context, count int) error {
	indices := make(chan int)
	failures := make([]error, 8)
	var workers sync.WaitGroup
	for w := range failures {
		workers.Go(func() {
			for index := range indices {
				if err := a.create(ctx, "/api/v1/nodes", node(index)); err != nil {
					failures[w] = fmt.Errorf("creating a node: %w", err)
				}
			}
		})
	}
	for index := range count {
		indices <- index
	}
	close(indices)
	workers.Wait()
	return errors.Join(failures...)
}

// nodesUsable reports whether the wanted number of Nodes are Ready and free of their initial taints.
func (a *api) nodesUsable(ctx context.Context, want int) (bool, error) {
	var list struct {
		Items []struct {
			Spec struct {
				Taints []any `json:"taints"`
			} `json:"spec"`
			Status struct {
				Conditions []condition `json:"conditions"`
			} `json:"status"`
		} `json:"items"`
	}
	if err := a.get(ctx, "/api/v1/nodes", &list); err != nil {
		return false, err
	}
	usable := 0
	for _, item := range list.Items {
		if isTrue(item.Status.Conditions, "Ready") && len(item.Spec.Taints) == 0 {
			usable++
		}
	}
	return usable >= want, nil
}

type condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

func isTrue(conditions []condition, kind string) bool {
	for _, c := range conditions {
		if c.Type == kind {
			return c.Status == "True"
		}
	}
	return false
}
