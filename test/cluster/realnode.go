package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/binaries"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/machine"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/namespaces"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

const (
	// realNodeName is the name of the real node's Node.
	realNodeName = "real-node"
	// holderName is the name of the process that holds its namespaces.
	holderName = "namespaces"
	podCIDR    = "10.244.0.0/24"
)

// nodeTraces holds what a real node has on the machine outside the state's folder. Its cgroups are named after the link, too.
type nodeTraces struct {
	Link machine.Link `json:"link"`
	// Bin is the folder of its programs.
	Bin string `json:"bin"`
}

// isReal reports whether the cluster has a real node.
func (c *cluster) isReal() bool {
	return c.options.node == nodeReal
}

// prepareNode builds the parts of a real node.
func (c *cluster) prepareNode(ctx context.Context) error {
	builder, err := newBuilder()
	if err != nil {
		return err
	}
	if c.nodeBin, err = builder.EnsureNode(ctx); err != nil {
		return err
	}
	helm, err := builder.EnsureHelm(ctx)
	if err != nil {
		return err
	}
	c.helm = helm
	c.nodeImages, err = ensureImages(ctx, builder)
	return err
}

// checkNode returns early, and in clear words, why this machine cannot run a real node.
func checkNode(ctx context.Context) error {
	builder, err := newBuilder()
	if err != nil {
		return err
	}
	return machine.Check(!builder.HasNode(ctx))
}

// startNamespaces starts the first process of the node's namespaces, and links them to the machine. It records what it makes
// first, since what is not recorded would not be removed.
func (c *cluster) startNamespaces(ctx context.Context) error {
	if err := machine.CheckFolder(c.state.dir); err != nil {
		return err
	}
	link, err := machine.Claim(ctx, func(link machine.Link) error {
		c.state.Node = &nodeTraces{Link: link, Bin: c.nodeBin}
		return c.state.save()
	})
	if err != nil {
		return err
	}
	holder, err := c.copySelf("holder")
	if err != nil {
		return err
	}
	c.starter = namespaces.Create
	if err := c.launch(holderName, []string{holder, "hold", "--dir=" + c.state.dir, "--keep=" + c.bin, "--keep=" + c.nodeBin}); err != nil {
		return err
	}
	inside := namespaces.Of{Holder: c.running[0].Identity}
	c.starter = inside.Start
	err = c.await(ctx, "the node's mounts", func(context.Context) (bool, error) {
		return binaries.Exists(c.state.path(heldFile)), nil
	})
	if err != nil {
		return err
	}
	if err := link.Add(inside.Holder.PID); err != nil {
		return err
	}
	if err := inside.Do(link.Configure); err != nil {
		return err
	}
	c.timeline.reached("the node's namespaces are there, at %s", link.Node)
	return nil
}

// startRuntime starts containerd and loads the initial images.
func (c *cluster) startRuntime(ctx context.Context) error {
	command := []string{c.nodeProgram(binaries.Containerd), "--config=" + c.state.path("containerd.toml")}
	if err := c.launch(binaries.Containerd, command); err != nil {
		return err
	}
	inside, err := c.state.inside()
	if err != nil {
		return err
	}
	err = c.await(ctx, "containerd to answer", func(ctx context.Context) (bool, error) {
		err := ctr(ctx, inside, c.nodeBin, nil, "version")
		return err == nil, err
	})
	if err != nil {
		return err
	}
	return loadImages(ctx, c.state, c.nodeImages)
}

// startKubelet starts the programs that make this a Node.
func (c *cluster) startKubelet() error {
	return errors.Join(
		c.launch(binaries.Kubelet, []string{
			c.nodeProgram(binaries.Kubelet),
			"--config=" + c.state.path("kubelet.yaml"), "--kubeconfig=" + c.state.kubeconfig("kubelet"),
			"--hostname-override=" + realNodeName, "--node-ip=" + c.site.host,
		}),
		c.launch(binaries.KubeProxy, []string{c.nodeProgram(binaries.KubeProxy), "--config=" + c.state.path("kube-proxy.yaml")}),
	)
}

// nodeProgram returns the path of one of the real node's programs.
func (c *cluster) nodeProgram(name string) string {
	return binaries.Path(c.nodeBin, name)
}

// inside returns the namespaces of the cluster's real node.
func (s *state) inside() (namespaces.Of, error) {
	i := slices.IndexFunc(s.Processes, func(r process.Record) bool { return r.Name == holderName })
	if s.Node == nil || i < 0 {
		return namespaces.Of{}, fmt.Errorf("the cluster in %s has no real node: start one with up --node %s", s.dir, nodeReal)
	}
	return namespaces.Of{Holder: s.Processes[i].Identity}, nil
}

// nodeEnvironment returns the environment that differs for programs of a real node. With it they find each other, and the
// system's programs.
func (c *cluster) nodeEnvironment() []string {
	if !c.isReal() {
		return nil
	}
	return []string{"PATH=" + c.nodeBin + string(os.PathListSeparator) + machine.Path()}
}
