package auditor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// look finds what there is to find, in what the API server has if it is time, and otherwise in the cache. It returns how it looked, or ""
// if it could not see everything.
func (a *Auditor) look(ctx context.Context) (how string) {
	a.patience = yieldFor
	if err := a.yield(ctx); err != nil {
		return ""
	}
	a.patience = yieldFor
	how = metrics.AuditOfCache
	read := a.cached
	if !a.Clock.Now().Before(a.listed.Add(a.Interval)) {
		how, read = metrics.AuditOfList, a.list
	}
	found, err := read(ctx)
	if err != nil {
		if ctx.Err() == nil {
			a.Log.Error(err, "The audit could not see everything, and is tried again", "look", how)
		}
		how = ""
	}
	if found == nil {
		return ""
	}
	if how == metrics.AuditOfList {
		a.listed = a.Clock.Now()
	}
	var findings []audit.Finding
	for _, snapshot := range found {
		findings = append(findings, audit.Run(snapshot)...)
	}
	for _, ended := range a.memory.Observe(findings, a.Clock.Now()) {
		a.Log.Info("The audit does not find it any more", "check", ended.Check, "kind", ended.Object.Kind,
			"namespace", ended.Object.Namespace, "name", ended.Object.Name)
	}
	return how
}

// list reads everything from the API server.
func (a *Auditor) list(ctx context.Context) (audit.Namespaces, error) {
	all := audit.Namespaces{}
	for _, namespace := range a.namespaces() {
		found, unread, err := a.source().List(ctx, namespace)
		if err != nil {
			return nil, err
		}
		var errs []error
		for _, u := range unread {
			if !u.Partial { // The cache leaves out what cannot be read, too, and says so.
				errs = append(errs, fmt.Errorf("listing %s: %w", u.Kind, u.Err))
			}
		}
		if len(errs) > 0 {
			return nil, errors.Join(errs...)
		}
		maps.Copy(all, found)
	}
	return all, nil
}

// namespaces returns what to list: each namespace that is served, or "" for all.
func (a *Auditor) namespaces() []string {
	if len(a.Namespaces) == 0 {
		return []string{metav1.NamespaceAll}
	}
	return a.Namespaces
}

// cached returns what the cache has, and the Pods outside it. The objects are the cache's own. If the Pods outside cannot be listed, it
// returns the error, and those of before.
func (a *Auditor) cached(ctx context.Context) (audit.Namespaces, error) {
	var sandboxes sandboxv1.SandboxList
	var pods corev1.PodList
	var claims extensionsv1.SandboxClaimList
	var pools extensionsv1.SandboxWarmPoolList
	var templates extensionsv1.SandboxTemplateList
	var policies networkingv1.NetworkPolicyList
	for _, list := range []client.ObjectList{&pods, &claims, &sandboxes, &pools, &templates, &policies} {
		if err := a.Cache.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
			return nil, fmt.Errorf("reading the cache: %w", err)
		}
	}
	missed := a.listOutside(ctx)
	found, seen := audit.Namespaces{}, map[types.UID]bool{}
	for i := range pods.Items {
		found.Add(&pods.Items[i])
		seen[pods.Items[i].UID] = true
	}
	for _, pod := range a.outside {
		if !seen[pod.GetUID()] { // It may have got the label since.
			found.Add(pod)
		}
	}
	add(found, claims.Items)
	add(found, sandboxes.Items)
	add(found, pools.Items)
	add(found, templates.Items)
	add(found, policies.Items)
	return found, missed
}

// add adds items to found.
func add[T any, P interface {
	*T
	metav1.Object
}](found audit.Namespaces, items []T) {
	for i := range items {
		found.Add(P(&items[i]))
	}
}

// listOutside lists, by their metadata, the Pods that the cache leaves out, and keeps those that name a Sandbox as their controller or have
// one of its labels. There is no other way to see them, and there may be many Pods: so it does not list all the time.
func (a *Auditor) listOutside(ctx context.Context) error {
	began, patience := a.Clock.Now(), a.patience
	if began.Before(a.outsideAt) {
		return nil
	}
	unlabelled, err := labels.NewRequirement(sandboxv1.LabelSandboxNameHash, selection.DoesNotExist, nil)
	if err != nil {
		return err
	}
	var outside []client.Object
	for _, namespace := range a.namespaces() {
		pods, err := a.source().ListPods(ctx, namespace, client.MatchingLabelsSelector{Selector: labels.NewSelector().Add(*unlabelled)})
		if err != nil {
			return fmt.Errorf("listing the Pods outside the cache: %w", err)
		}
		outside = append(outside, slices.DeleteFunc(pods, func(pod client.Object) bool {
			return !rules.IsSandbox(rules.ControllerOf(pod)) && !audit.IsLabelled(pod)
		})...)
	}
	took := a.Clock.Since(began) - (patience - a.patience)
	a.outside, a.outsideAt = outside, began.Add(took*outsideShare)
	return nil
}
