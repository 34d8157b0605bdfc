package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// served reports whether a claim is Ready and names its Sandbox.
func served(claim *extensionsv1.SandboxClaim) bool {
	ready := meta.FindStatusCondition(claim.Status.Conditions, extensionsv1.ConditionReady)
	return claim.Status.Sandbox.Name != "" && ready != nil && ready.Status == metav1.ConditionTrue &&
		ready.ObservedGeneration == claim.Generation
}

// took holds the times from sending the POST of a claim until a client had the answer, and until it saw the claim served.
type took struct {
	posted, ready time.Duration
}

// result is how a request ended, and how long after it was sent.
type result struct {
	after time.Duration
	err   error
}

// timeClaim creates the claim in a file and measures the time that a user of the API waits, from just before the POST until a
// watch shows the claim Ready, with its Sandbox. The watch, and with it the connection, is open before the clock starts:
// programs that claim Sandboxes have both. kubectl would add its own start, some 50 ms.
func (c *client) timeClaim(ctx context.Context, file string) (took, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return took{}, err
	}
	claim := &extensionsv1.SandboxClaim{}
	if err := yaml.UnmarshalStrict(content, claim); err != nil {
		return took{}, fmt.Errorf("%s: %w", file, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	changes, err := open(ctx, c.extensions, extensionsv1.ResourceSandboxClaims,
		metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, claim.Name).String()})
	if err != nil {
		return took{}, err
	}
	defer changes.Stop()

	posted := make(chan result, 1)
	began := time.Now()
	go func() {
		err := c.extensions.Post().Namespace(namespace).Resource(extensionsv1.ResourceSandboxClaims).Body(claim).Do(ctx).Error()
		posted <- result{after: time.Since(began), err: err}
	}()
	var t took
	for t.ready == 0 || t.posted == 0 { // The two come in any order.
		select {
		case post := <-posted:
			if post.err != nil {
				return took{}, fmt.Errorf("creating claim %q: %w", claim.Name, post.err)
			}
			t.posted = post.after
		case event, ok := <-changes.ResultChan():
			seen := time.Since(began)
			if !ok {
				return took{}, fmt.Errorf("claim %q was not Ready within %s, or the watch on it ended", claim.Name, patience)
			}
			if claim, ok := event.Object.(*extensionsv1.SandboxClaim); ok && t.ready == 0 && served(claim) {
				t.ready = seen
			}
		}
	}
	return t, nil
}
