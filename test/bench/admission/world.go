package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const namespace = "default"

// world holds the objects that exist while requests are measured. Nothing runs in it: no reconciler, and nothing on its node.
type world struct {
	*server

	template *extensionsv1.SandboxTemplate
	sandbox  *sandboxv1.Sandbox
	// pool is the pool for the measured claims. It is empty between them.
	pool *extensionsv1.SandboxWarmPool
	// standing is a pool that keeps its Sandboxes.
	standing *extensionsv1.SandboxWarmPool
	// members is how many Sandboxes the pools have had.
	members int
}

// newWorld creates the template of config/samples, pools of it, and a Sandbox that nobody controls.
func newWorld(ctx context.Context, s *server) (*world, error) {
	content, err := os.ReadFile(filepath.Join("config", "samples", "template.yaml"))
	if err != nil {
		return nil, err
	}
	w := &world{server: s, template: &extensionsv1.SandboxTemplate{}}
	if err := yaml.UnmarshalStrict(content, w.template); err != nil {
		return nil, err
	}
	w.template.Namespace = namespace
	w.pool = builder.MakePool("bench").Namespace(namespace).Template(w.template.Name).Obj()
	w.standing = builder.MakePool("standing").Namespace(namespace).Template(w.template.Name).Obj()
	w.sandbox = &sandboxv1.Sandbox{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "bench"},
		Spec:       sandboxv1.SandboxSpec{SandboxBlueprint: w.template.Spec.SandboxBlueprint},
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "default"}} // No controller makes it here.
	node := builder.MakeNode(builder.DefaultNode).Obj()
	for _, object := range []client.Object{account, node, w.template, w.pool, w.standing, w.sandbox} {
		if err := s.user.Create(ctx, object); err != nil {
			return nil, fmt.Errorf("creating %T: %w", object, err)
		}
	}
	return w, nil
}

// timed returns how long a request took.
func timed(request func() error) (time.Duration, error) {
	began := time.Now()
	err := request()
	return time.Since(began), err
}

// remove deletes objects at once.
func remove(ctx context.Context, c client.Client, objects ...client.Object) error {
	var errs []error
	for _, object := range objects {
		errs = append(errs, c.Delete(ctx, object, client.GracePeriodSeconds(0)))
	}
	return errors.Join(errs...)
}
