package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/binaries"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/manifest"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/pki"
)

// product holds what the repository has to install.
type product struct {
	// manager is the path of the program.
	manager string
	// objects are the manifests, written for a manager in the cluster.
	objects []manifest.Object
}

// prepareProduct builds the manager and renders the manifests. It needs no cluster, so errors in them show before one is
// started.
func (c *cluster) prepareProduct(ctx context.Context) (*product, error) {
	repository, err := repositoryDir()
	if err != nil {
		return nil, err
	}
	program, err := c.buildManager(ctx, repository)
	if err != nil {
		return nil, err
	}
	rendered, err := c.kubectl(ctx, nil, "kustomize", filepath.Join(repository, "config", "default"))
	if err != nil {
		return nil, fmt.Errorf("rendering config/default (--install=none does without the product): %w", err)
	}
	objects, err := manifest.Parse(rendered)
	return &product{manager: program, objects: objects}, err
}

// install installs the product: its manifests in the cluster, and its managers beside it.
func (c *cluster) install(ctx context.Context, p *product) error {
	plan, err := c.planManagers(p.manager)
	if err != nil {
		return err
	}
	services, err := manifest.Services(p.objects)
	if err != nil {
		return err
	}
	ca, err := c.writeWebhookCertificate(services)
	if err != nil {
		return err
	}
	webhooks := manifest.Webhooks{Host: "127.0.0.1", Port: plan.webhookPort, CA: ca.CertificatePEM()}
	external, err := webhooks.Rewrite(p.objects)
	if err != nil {
		return fmt.Errorf("pointing the webhooks to the managers: %w", err)
	}
	if err := c.applyAll(ctx, append(external, manifest.WithoutManager(p.objects)...)); err != nil {
		return err
	}
	c.timeline.reached("the product's manifests are applied")
	return c.startManagers(ctx, plan)
}

// buildManager builds the product's manager into the folder of the state.
func (c *cluster) buildManager(ctx context.Context, repository string) (string, error) {
	program := c.state.path("bin", "namesake")
	args := []string{"build", "-buildvcs=false", "-o", program}
	if c.options.race {
		args = append(args, "-race")
	}
	fmt.Fprintln(os.Stderr, "building cmd/namesake (a few minutes the first time) ...")
	if err := binaries.RunGo(binaries.GoCommand(ctx, repository, c.options.race, append(args, "./cmd/namesake")...)); err != nil {
		return "", fmt.Errorf("building the manager (--install=none does without; --race needs a C compiler): %w", err)
	}
	c.timeline.reached("the manager is built")
	return program, nil
}

// writeWebhookCertificate makes the certificate with which the managers serve webhooks, and returns its authority. It puts the
// certificate where cert-manager's would be mounted in a cluster.
func (c *cluster) writeWebhookCertificate(services []manifest.Service) (*pki.Pair, error) {
	ca, err := pki.NewCA("namesake-webhook-ca")
	if err != nil {
		return nil, err
	}
	names := []string{"localhost", "127.0.0.1"}
	for _, service := range services {
		names = append(names, service.Host())
	}
	server, err := ca.NewServer(names...)
	if err != nil {
		return nil, err
	}
	dir := c.webhookCertDir()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), ca.CertificatePEM(), 0o644); err != nil {
		return nil, err
	}
	return ca, server.Write(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
}

// webhookDir is the folder of that certificate in the folder of the state.
const webhookDir = "webhook"

func (c *cluster) webhookCertDir() string {
	return c.state.path(webhookDir)
}

// applyAll applies the definitions, waits until they are served, and applies the rest.
func (c *cluster) applyAll(ctx context.Context, objects []manifest.Object) error {
	first, rest := manifest.Split(objects)
	if err := c.apply(ctx, first); err != nil {
		return err
	}
	for _, o := range first {
		if o.Kind() != "CustomResourceDefinition" {
			continue
		}
		err := c.await(ctx, "the definition "+o.Name()+" to be served", func(ctx context.Context) (bool, error) {
			return c.api.established(ctx, o.Name())
		})
		if err != nil {
			return err
		}
	}
	rest = append(rest, editorBinding)
	return c.apply(ctx, rest)
}

// editorBinding lets the editor edit in the namespace default, and nothing else.
var editorBinding = manifest.Object{
	"apiVersion": "rbac.authorization.k8s.io/v1",
	"kind":       "RoleBinding",
	"metadata":   map[string]any{"name": "editor", "namespace": "default"},
	"roleRef":    map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
	"subjects":   []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "editor"}},
}

// established reports whether the API server serves a CustomResourceDefinition.
func (a *api) established(ctx context.Context, name string) (bool, error) {
	var definition struct {
		Status struct {
			Conditions []condition `json:"conditions"`
		} `json:"status"`
	}
	err := a.get(ctx, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"+name, &definition)
	return err == nil && isTrue(definition.Status.Conditions, "Established"), err
}

// apply applies objects on the server side, since the definitions do not fit into an annotation.
func (c *cluster) apply(ctx context.Context, objects []manifest.Object) error {
	if len(objects) == 0 {
		return nil
	}
	list, err := manifest.List(objects)
	if err != nil {
		return err
	}
	_, err = c.kubectl(ctx, list, "apply", "--server-side", "--force-conflicts", "--filename=-")
	return err
}

// kubectl runs kubectl as admin and returns its output. kubectl leaves no cache outside the state's folder, and reads no
// preferences.
func (c *cluster) kubectl(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, c.program(binaries.Kubectl), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.state.kubeconfig("admin"), "KUBECACHEDIR="+c.state.path("kubectl-cache"), "KUBERC=off")
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("kubectl %s: %w\n%s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return stdout.Bytes(), nil
}
