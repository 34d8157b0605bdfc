// Package claim gets a Sandbox for the user: it creates a claim and waits until it is Ready, and may run a command in the Sandbox.
package claim

import (
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// request is what the user asks for.
type request struct {
	// name is that of the claim. Without it, the API server makes one up.
	name           string
	pool, template string
	// env holds variables as NAME=VALUE.
	env []string
	// ttl is how long the claim lives, or 0 for ever.
	ttl time.Duration
}

// build returns the claim that the user asks for at this time.
func (r request) build(namespace string, now time.Time) (*extensionsv1.SandboxClaim, error) {
	claim := &extensionsv1.SandboxClaim{
		TypeMeta: metav1.TypeMeta{APIVersion: extensionsv1.GroupVersion.String(), Kind: extensionsv1.KindSandboxClaim},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: r.name,
			Annotations: map[string]string{sandboxv1.AnnotationClientFirstRequestedAt: now.UTC().Format(time.RFC3339Nano)},
		},
	}
	switch {
	case r.pool != "" && r.template != "":
		return nil, errors.New("name a pool by --pool, or a template by --template, and not both")
	case r.pool != "":
		claim.Spec.WarmPoolRef = &extensionsv1.SandboxWarmPoolReference{Name: r.pool}
	case r.template != "":
		claim.Spec.SandboxTemplateRef = &extensionsv1.SandboxTemplateReference{Name: r.template}
	default:
		return nil, errors.New("name a pool by --pool, or a template by --template; \"kubectl namesake tree\" shows the pools that there are")
	}
	if r.name == "" {
		claim.GenerateName = r.pool + r.template + "-"
	}
	for _, variable := range r.env {
		name, value, found := strings.Cut(variable, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("write a variable as NAME=VALUE; found %q", variable)
		}
		claim.Spec.Env = append(claim.Spec.Env, extensionsv1.EnvVar{Name: name, Value: value})
	}
	if r.ttl < 0 || r.ttl > 0 && r.ttl < time.Second {
		return nil, fmt.Errorf("--ttl must be at least 1s; found %s", r.ttl)
	}
	if r.ttl > 0 {
		ends := metav1.NewTime(now.Add(r.ttl).UTC())
		claim.Spec.Lifecycle = &extensionsv1.Lifecycle{ShutdownTime: &ends, ShutdownPolicy: extensionsv1.ShutdownPolicyDelete}
	}
	return claim, nil
}
