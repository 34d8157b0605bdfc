package conformance

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/conformance"
)

// patience is how long the creation and the deletion of the namespace may take to be accepted. An interruption ends neither: otherwise
// a namespace could be left behind that nobody knows of.
const patience = 30 * time.Second

// leftError says that the namespace is left behind.
type leftError struct {
	namespace string
	err       error
}

// Error implements error.
func (e *leftError) Error() string {
	return fmt.Sprintf("delete namespace %s yourself: %v", e.namespace, e.err)
}

// Unwrap returns why it could not be deleted.
func (e *leftError) Unwrap() error { return e.err }

// scene is a namespace in which behaviours are tried, and what those that came before have made.
type scene struct {
	client.WithWatch

	namespace, image string
	timeout          time.Duration

	// alone is a Sandbox of nobody. members are the Sandboxes of the pool before there was a claim.
	alone   *sandboxv1.Sandbox
	members map[types.UID]bool
	// claim is served by sandbox, whose Pod is pod.
	claim   *extensionsv1.SandboxClaim
	sandbox *sandboxv1.Sandbox
	pod     *corev1.Pod
}

// behaviour tries what every behaviour says, in a namespace of its own. It is an error if the user's rights cannot be told, or if the
// namespace is left behind.
func (c *command) behaviour(ctx context.Context, cluster client.WithWatch) (results []conformance.Result, err error) {
	var checks []conformance.Check
	for _, b := range behaviours {
		checks = append(checks, b.Check)
	}
	lacking, err := lackingRights(ctx, cluster)
	if err != nil {
		return nil, err
	}
	if len(lacking) > 0 {
		return all(checks, conformance.Untried("in all namespaces, you may not: %s", strings.Join(lacking, "; "))), nil
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "namesake-conformance-"}}
	if err := persist(ctx, func(ctx context.Context) error { return cluster.Create(ctx, namespace) }); err != nil {
		return all(checks, conformance.Untried("creating a namespace: %v", err)), nil
	}
	defer func() {
		failed := persist(ctx, func(ctx context.Context) error { return cluster.Delete(ctx, namespace) })
		if client.IgnoreNotFound(failed) != nil {
			results, err = nil, &leftError{namespace.Name, failed}
		}
	}()
	s := &scene{WithWatch: cluster, namespace: namespace.Name, image: c.image, timeout: c.timeout}
	for _, b := range behaviours {
		results = append(results, conformance.Result{Check: b.Check, Outcome: s.outcome(ctx, b)})
	}
	return results, nil
}

// persist makes a request that an interruption does not end.
func persist(ctx context.Context, request func(context.Context) error) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return request(limited)
}

func (s *scene) outcome(ctx context.Context, b behaviour) conformance.Outcome {
	if ctx.Err() != nil {
		return conformance.Untried("interrupted")
	}
	if lacks := b.lacks(s); lacks != "" {
		return conformance.Untried("%s", lacks)
	}
	outcome := b.try(ctx, s)
	if ctx.Err() != nil && outcome.Verdict != conformance.Holds {
		return conformance.Untried("interrupted")
	}
	return outcome
}

// podTemplate is of a Pod that every Pod Security Standard admits, and that fits into a small quota.
func (s *scene) podTemplate() sandboxv1.PodTemplate {
	return sandboxv1.PodTemplate{Spec: corev1.PodSpec{
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: new(true), RunAsUser: new(int64(65535)),
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		AutomountServiceAccountToken: new(false),
		Containers: []corev1.Container{{
			Name: "main", Image: s.image,
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
			Resources: corev1.ResourceRequirements{Requests: resources, Limits: resources},
		}},
	}}
}

func (s *scene) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: s.namespace, Name: name}
}
