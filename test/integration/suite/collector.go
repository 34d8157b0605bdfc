package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// collectors are the controllers of Kubernetes that end objects: of those whose owner is gone, and of volumes that no Pod uses any more.
const collectors = "garbage-collector-controller,persistentvolumeclaim-protection-controller"

// collect starts Kubernetes' own garbage collector, and waits until it deletes what has lost its owner.
func (e *environment) collect(ctx context.Context, _ string) error {
	if !e.options.Collect {
		return nil
	}
	log, err := os.Create(filepath.Join(e.folder, "kube-controller-manager.log"))
	if err != nil {
		return err
	}
	program := filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kube-controller-manager")
	cmd := exec.CommandContext(ctx, program, // The folder is that of the test's own programs.
		"--kubeconfig="+e.adminKubeconfig, "--authentication-kubeconfig="+e.adminKubeconfig, "--authorization-kubeconfig="+e.adminKubeconfig,
		"--controllers="+collectors, "--use-service-account-credentials=true", "--leader-elect=false",
		"--kube-api-qps=2000", "--kube-api-burst=4000", "--secure-port=0")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	e.collected = make(chan struct{})
	go func() {
		defer close(e.collected)
		_ = cmd.Wait() // It ends with ctx.
		_ = log.Close()
	}()
	return e.awaitCollection(ctx, log.Name())
}

// awaitCollection waits until an object is deleted whose owner never existed.
func (e *environment) awaitCollection(ctx context.Context, log string) error {
	admin, err := e.client(e.admin)
	if err != nil {
		return err
	}
	orphan := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Namespace: metav1.NamespaceDefault, GenerateName: "orphan-",
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion: "v1", Kind: "ConfigMap", Name: "nobody", UID: "00000000-0000-0000-0000-000000000000",
		}},
	}}
	if err := admin.Create(ctx, orphan); err != nil {
		return err
	}
	err = wait.PollUntilContextTimeout(ctx, moment, patience, true, func(ctx context.Context) (bool, error) {
		err := admin.Get(ctx, client.ObjectKeyFromObject(orphan), &corev1.ConfigMap{})
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	if err != nil {
		said, _ := os.ReadFile(log) // A file of this run.
		return fmt.Errorf("waiting for the garbage collector: %w\n%s", err, said)
	}
	return nil
}
