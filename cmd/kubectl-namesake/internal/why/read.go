package why

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/diagnosis"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// eventLimit is how many events of an object are read, and nodeLimit how many nodes, at most.

// reader reads the snapshot of an object: the object, and what it depends on, one by one. It reads no more than the causes need.
type reader struct {
	client    client.WithWatch
	namespace string
	now       func() time.Time
	snapshot  *diagnosis.Snapshot
}

// read returns the snapshot of target. The error is that of target, if it does not exist or cannot be read, or of the connection. What
// else cannot be read is in the snapshot's Unseen.
func (r *reader) read(ctx context.Context, target objects.Ref) (*diagnosis.Snapshot, error) {
	r.snapshot = &diagnosis.Snapshot{Target: diagnosis.Ref{Kind: target.Kind.Name, Name: target.Name}, InNamespace: r.namespace}
	if err := r.readTarget(ctx, target); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{
		r.readNamespace, r.readHolders, r.readPool, r.readTemplate, r.readSandbox, r.readPod, r.readNodes, r.readVolumes, r.readQuotas,
		r.readEvents, r.readInstallation,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	r.snapshot.Now = r.now()
	return r.snapshot, nil
}

func (r *reader) readTarget(ctx context.Context, target objects.Ref) error {
	object := target.Kind.New()
	if err := r.client.Get(ctx, r.key(target.Name), object); err != nil {
		return err
	}
	switch o := object.(type) {
	case *extensionsv1.SandboxClaim:
		r.snapshot.Claim = o
	case *extensionsv1.SandboxWarmPool:
		r.snapshot.Pool, r.snapshot.PoolName = o, o.Name
	case *extensionsv1.SandboxTemplate:
		r.snapshot.Template, r.snapshot.TemplateName = o, o.Name
	case *sandboxv1.Sandbox:
		r.snapshot.Sandbox = o
	case *corev1.Pod:
		r.snapshot.Pod = o
	}
	return nil
}

func (r *reader) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: r.namespace, Name: name}
}

// get reads an object that may be missing, and reports whether it is there. kind is what Unseen says if it may not be read.
func (r *reader) get(ctx context.Context, kind string, key client.ObjectKey, object client.Object) (found bool, err error) {
	if len(content.IsPathSegmentName(key.Name)) > 0 {
		return false, nil // No object has such a name, and no client asks for it.
	}
	switch err := r.client.Get(ctx, key, object); {
	case err == nil:
		return true, nil
	case objects.CannotSee(err) != "":
		r.miss(kind, objects.CannotSee(err))
		return false, nil
	case apierrors.IsNotFound(err):
		return false, nil
	default:
		return false, fmt.Errorf("reading %s %s: %w", kind, key.Name, err)
	}
}

// list reads objects. kind is what Unseen says if they may not be read.
func (r *reader) list(ctx context.Context, kind string, list client.ObjectList, options ...client.ListOption) error {
	err := objects.List(ctx, r.client, list, options...)
	if why := objects.CannotSee(err); why != "" {
		r.miss(kind, why)
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing %s: %w", kind, err)
	}
	return nil
}

func (r *reader) miss(kind, why string) {
	unseen := installation.Unseen{What: kind, Why: why}
	if !slices.Contains(r.snapshot.Unseen, unseen) {
		r.snapshot.Unseen = append(r.snapshot.Unseen, unseen)
	}
}

func (r *reader) readNamespace(ctx context.Context) error {
	namespace := &corev1.Namespace{}
	found, err := r.get(ctx, "Namespace", client.ObjectKey{Name: r.namespace}, namespace)
	if found {
		r.snapshot.Namespace = namespace
	}
	return err
}

// readHolders reads whose the target is, upwards: the Sandbox of a Pod, the claim of a Sandbox. It learns which pool and template they
// name.
func (r *reader) readHolders(ctx context.Context) error {
	s := r.snapshot
	if err := r.readSandboxOfPod(ctx); err != nil {
		return err
	}
	if s.Sandbox != nil {
		s.TemplateName = s.Sandbox.Annotations[sandboxv1.AnnotationTemplateRef]
		switch owner := rules.ControllerOf(s.Sandbox); {
		case rules.IsPool(owner):
			s.PoolName = owner.Name
		case rules.IsClaim(owner):
			s.Holder = owner.Name
		}
	}
	if s.Claim == nil {
		return nil
	}
	if ref := s.Claim.Spec.WarmPoolRef; ref != nil {
		s.PoolName = ref.Name
	}
	if ref := s.Claim.Spec.SandboxTemplateRef; ref != nil {
		s.TemplateName = ref.Name
	}
	return nil
}

// readSandboxOfPod reads the Sandbox that controls the Pod, if the target is one.
func (r *reader) readSandboxOfPod(ctx context.Context) error {
	if r.snapshot.Pod == nil {
		return nil
	}
	owner := rules.ControllerOf(r.snapshot.Pod)
	if !rules.IsSandbox(owner) {
		return nil
	}
	sandbox := &sandboxv1.Sandbox{}
	found, err := r.get(ctx, objects.Sandbox.Name, r.key(owner.Name), sandbox)
	if found {
		r.snapshot.Sandbox = sandbox
	}
	return err
}

// readPool reads the pool that the target names, or, of a template, the first of its pools that is not Ready. It reads the members, too.
func (r *reader) readPool(ctx context.Context) error {
	s := r.snapshot
	switch {
	case s.Pool == nil && s.PoolName != "":
		pool := &extensionsv1.SandboxWarmPool{}
		found, err := r.get(ctx, objects.Pool.Name, r.key(s.PoolName), pool)
		if err != nil || !found {
			return err
		}
		s.Pool = pool
	case s.Target.Kind == objects.Template.Name:
		if err := r.poolOfTemplate(ctx); err != nil {
			return err
		}
	}
	if s.Pool == nil {
		return nil
	}
	s.TemplateName = cmp.Or(s.TemplateName, s.Pool.Spec.SandboxTemplateRef.Name)
	var members sandboxv1.SandboxList
	label := client.MatchingLabels{sandboxv1.LabelWarmPool: rules.Hash(s.Pool.Name)}
	if err := r.list(ctx, objects.Sandbox.Name, &members, client.InNamespace(r.namespace), label); err != nil {
		return err
	}
	for i := range members.Items {
		if rules.ControlledBy(&members.Items[i], s.Pool) {
			s.Members = append(s.Members, members.Items[i])
		}
	}
	return nil
}

func (r *reader) poolOfTemplate(ctx context.Context) error {
	var pools extensionsv1.SandboxWarmPoolList
	if err := r.list(ctx, objects.Pool.Name, &pools, client.InNamespace(r.namespace)); err != nil {
		return err
	}
	for i := range pools.Items {
		pool := &pools.Items[i]
		if pool.Spec.SandboxTemplateRef.Name != r.snapshot.TemplateName {
			continue
		}
		if r.snapshot.Pool == nil || !isReady(pool) {
			r.snapshot.Pool, r.snapshot.PoolName = pool, pool.Name
		}
		if !isReady(pool) {
			break
		}
	}
	return nil
}

func isReady(pool *extensionsv1.SandboxWarmPool) bool {
	return slices.ContainsFunc(pool.Status.Conditions, func(c metav1.Condition) bool {
		return c.Type == extensionsv1.ConditionReady && c.Status == "True"
	})
}

func (r *reader) readTemplate(ctx context.Context) error {
	s := r.snapshot
	if s.Template != nil || s.TemplateName == "" {
		return nil
	}
	template := &extensionsv1.SandboxTemplate{}
	found, err := r.get(ctx, objects.Template.Name, r.key(s.TemplateName), template)
	if found {
		s.Template = template
	}
	return err
}

// readSandbox reads the claim's Sandbox, by its status or its binding; or takes of a pool the member that has waited longest.
func (r *reader) readSandbox(ctx context.Context) error {
	s := r.snapshot
	if s.Claim == nil {
		if s.Sandbox == nil {
			s.Sandbox = longestWaiting(s.Members)
		}
		return nil
	}
	name := cmp.Or(s.Claim.Status.Sandbox.Name, rules.Binding(s.Claim), rules.LegacyBinding(s.Claim))
	if name == "" {
		return nil
	}
	sandbox := &sandboxv1.Sandbox{}
	found, err := r.get(ctx, objects.Sandbox.Name, r.key(name), sandbox)
	if found {
		s.Sandbox = sandbox
		s.TemplateName = cmp.Or(s.TemplateName, sandbox.Annotations[sandboxv1.AnnotationTemplateRef])
	}
	return err
}

// longestWaiting returns the oldest of members that is not Ready, or nil.
func longestWaiting(members []sandboxv1.Sandbox) *sandboxv1.Sandbox {
	var oldest *sandboxv1.Sandbox
	for i := range members {
		m := &members[i]
		if rules.IsReady(m) || m.DeletionTimestamp != nil {
			continue
		}
		if oldest == nil || m.CreationTimestamp.Before(&oldest.CreationTimestamp) {
			oldest = m
		}
	}
	return oldest
}
