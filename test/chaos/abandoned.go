package main

import (
	"context"
	"fmt"
	"slices"
)

// namespaces are those that Kubernetes ended before what was in them, each once: the README says how that comes.
type namespaces []string

// fresh takes the abandoned ones, and returns those that were not known.
func (n namespaces) fresh(abandoned []string) []string {
	return slices.DeleteFunc(slices.Clone(abandoned), func(name string) bool { return slices.Contains(n, name) })
}

// endAgain lets Kubernetes end once more what it has abandoned, as an administrator would. What it leaves as well, the verdict is about.
func (r *chaosRun) endAgain(ctx context.Context, abandoned []string) error {
	for _, name := range r.abandoned.fresh(abandoned) {
		say("Kubernetes has ended namespace %s before what was in it: it is created and deleted again", name)
		r.abandoned = append(r.abandoned, name)
		if err := r.users.EndAgain(ctx, name); err != nil {
			return fmt.Errorf("ending namespace %s again: %w", name, err)
		}
	}
	return nil
}
