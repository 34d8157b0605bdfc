package users

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/chaos/judge"
	"github.com/namesake-sandbox/namesake/test/chaos/observe"
)

const (
	// storageClass is that of the claims' volumes.
	storageClass = "chaos"
	// lasting is how many namespaces there always are, and most how many at a time.
	lasting, most = 3, 6
	// patience is how long a namespace may take to be furnished, with faults in between, and how long the release may take.
	patience = time.Minute
)

// Begin makes what the run needs: the lasting namespaces, and as many volumes as there will be claims with one.
func (u *Users) Begin(ctx context.Context, volumes int) error {
	if err := u.provide(ctx, volumes); err != nil {
		return err
	}
	for range lasting {
		if _, err := u.openAnother(ctx); err != nil {
			return err
		}
	}
	return nil
}

// provide makes volumes that any node can mount. Each serves one claim: nobody cleans it afterwards.
func (u *Users) provide(ctx context.Context, volumes int) error {
	class := &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: storageClass}, Provisioner: "kubernetes.io/no-provisioner",
		VolumeBindingMode: new(storagev1.VolumeBindingWaitForFirstConsumer),
	}
	if err := u.admin.Create(ctx, class); err != nil {
		return err
	}
	for i := range volumes {
		name := fmt.Sprintf("chaos-%d", i)
		err := u.admin.Create(ctx, &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: corev1.PersistentVolumeSpec{
				StorageClassName: storageClass, Capacity: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
				AccessModes:            []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/var/lib/" + name}},
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// openAnother creates a namespace with templates and pools. One for which there were too many faults belongs to the users as well: it is to
// be released and deleted like others.
func (u *Users) openAnother(ctx context.Context) (bool, error) {
	u.mu.Lock()
	if len(u.namespaces) >= most {
		u.mu.Unlock()
		return false, nil
	}
	name := fmt.Sprintf("%s%03d", observe.Prefix, u.opened)
	u.opened++
	u.mu.Unlock()

	err := u.furnish(ctx, name)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.namespaces = append(u.namespaces, name)
	slices.Sort(u.namespaces)
	return err == nil, err
}

// furnish creates the namespace and what is in it. It tries each object again while there are faults.
func (u *Users) furnish(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	own := []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "editor"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "editor"}},
		},
	}
	for _, object := range own {
		if err := insist(ctx, u.admin, object); err != nil {
			return err
		}
	}
	for _, object := range furniture(name) {
		if err := insist(ctx, u.editor, object); err != nil {
			return err
		}
	}
	return nil
}

// insist creates an object. It tries again what a fault, or a role that is not known yet, refused.
func insist(ctx context.Context, c client.Client, object client.Object) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		last = c.Create(ctx, object.DeepCopyObject().(client.Object))
		return last == nil || apierrors.IsAlreadyExists(last), nil
	})
	if err != nil {
		return errors.Join(err, last)
	}
	return nil
}

// closeOne deletes a whole namespace that is not one of the lasting.
func (u *Users) closeOne(ctx context.Context, choice uint64) (bool, error) {
	u.mu.Lock()
	var passing []string
	for _, name := range u.namespaces {
		if name >= fmt.Sprintf("%s%03d", observe.Prefix, lasting) {
			passing = append(passing, name)
		}
	}
	name, _, ok := pick(passing, choice)
	if ok {
		u.namespaces = slices.DeleteFunc(u.namespaces, func(other string) bool { return other == name })
	}
	u.mu.Unlock()
	if !ok {
		return false, nil
	}
	u.note(judge.Note{Deed: judge.Deletes, Kind: judge.Namespace, Name: name})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return true, u.closeNamespace(ctx, name)
}

// closeNamespace deletes a namespace, and tries again while there are faults.
func (u *Users) closeNamespace(ctx context.Context, name string) error {
	return wait.PollUntilContextCancel(ctx, 200*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		err := u.admin.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		return client.IgnoreNotFound(err) == nil, nil
	})
}

// EndAgain creates a namespace that is gone, and deletes it: then Kubernetes looks again for what is in it.
func (u *Users) EndAgain(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := insist(ctx, u.admin, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
		return err
	}
	return u.closeNamespace(ctx, name)
}

// Rest lets all nodes take Pods again.
func (u *Users) Rest(ctx context.Context) error {
	list := &corev1.NodeList{}
	if err := u.admin.List(ctx, list); err != nil {
		return err
	}
	for i := range list.Items {
		if list.Items[i].Spec.Unschedulable {
			if err := u.setSchedulable(ctx, &list.Items[i], true); err != nil {
				return err
			}
		}
	}
	return nil
}

// Release deletes every claim, pool, standalone Sandbox and template. What they had has to go by itself.
func (u *Users) Release(ctx context.Context) error {
	kinds := []struct {
		kind judge.Kind
		list client.ObjectList
	}{
		{judge.Claim, &extensionsv1.SandboxClaimList{}},
		{judge.Pool, &extensionsv1.SandboxWarmPoolList{}},
		{judge.Sandbox, &sandboxv1.SandboxList{}},
		{"SandboxTemplate", &extensionsv1.SandboxTemplateList{}},
	}
	for _, namespace := range u.Namespaces() {
		for _, k := range kinds {
			if err := u.releaseAll(ctx, namespace, k.kind, k.list); err != nil {
				return fmt.Errorf("releasing every %s of %s: %w", strings.ToLower(string(k.kind)), namespace, err)
			}
		}
	}
	return nil
}

func (u *Users) releaseAll(ctx context.Context, namespace string, kind judge.Kind, list client.ObjectList) error {
	if err := u.editor.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return err
	}
	return eachItem(list, func(obj client.Object) error {
		if kind == judge.Sandbox && obj.GetLabels()[observe.StandaloneLabel] == "" {
			return nil
		}
		return client.IgnoreNotFound(u.delete(ctx, kind, obj))
	})
}

// Leave deletes the namespaces.
func (u *Users) Leave(ctx context.Context) error {
	for _, namespace := range u.Namespaces() {
		u.note(judge.Note{Deed: judge.Deletes, Kind: judge.Namespace, Name: namespace})
		if err := u.closeNamespace(ctx, namespace); err != nil {
			return err
		}
	}
	return nil
}
