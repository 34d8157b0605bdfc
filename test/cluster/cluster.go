package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/binaries"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

// startLimit bounds each wait of a start. It is long enough for a busy machine.
const startLimit = 5 * time.Minute

// cluster is a cluster that this process starts.
type cluster struct {
	options *options
	state   *state
	bin     string
	site    site
	api     *api
	// starter starts a program in the place where it belongs.
	starter func(*exec.Cmd) error
	// nodeBin, nodeImages and helm are set only with a real node.
	nodeBin    string
	nodeImages []string
	helm       string
	// running are the processes that must not end by themselves.
	running  []*process.Running
	timeline *timeline
}

// startCluster builds what is missing and starts a cluster. If that fails, it ends whatever it has started.
func startCluster(ctx context.Context, o *options) (*cluster, error) {
	if err := sweep(); err != nil {
		return nil, err
	}
	if o.node == nodeReal {
		if err := checkNode(ctx); err != nil {
			return nil, err
		}
	}
	owner, err := process.Self()
	if err != nil {
		return nil, err
	}
	bin, err := ensure(ctx, binaries.WithoutOwn(binaries.All)...)
	if err != nil {
		return nil, err
	}
	dir, err := o.stateDir()
	if err != nil {
		return nil, err
	}
	s, err := createState(dir, o.name, owner)
	if err != nil {
		return nil, err
	}
	c := &cluster{
		options: o, state: s, bin: bin, starter: (*exec.Cmd).Start,
		timeline: &timeline{out: os.Stderr, start: time.Now()},
	}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.state.stop())
	}
	return c, nil
}

func (c *cluster) start(ctx context.Context) error {
	var p *product
	if c.options.installs() {
		var err error
		if p, err = c.prepareProduct(ctx); err != nil {
			return err
		}
	}
	if c.isReal() {
		if err := c.prepareNode(ctx); err != nil {
			return err
		}
		c.timeline.reached("what the node consists of is built")
		if err := c.startNamespaces(ctx); err != nil {
			return err
		}
	}
	if err := c.startControlPlane(ctx); err != nil {
		return err
	}
	if err := c.startNodes(ctx); err != nil {
		return err
	}
	if c.isReal() {
		return c.awaitDNS(ctx)
	}
	if p == nil {
		return nil
	}
	return c.install(ctx, p)
}

// startControlPlane starts etcd and the API server, waits for them, and starts the rest.
func (c *cluster) startControlPlane(ctx context.Context) error {
	if err := c.writeAll(); err != nil {
		return err
	}
	if err := c.makeData(); err != nil {
		return err
	}
	if err := c.startEtcd(ctx); err != nil {
		return err
	}
	if err := c.launch(binaries.APIServer, c.apiServerCommand()); err != nil {
		return err
	}
	if c.isReal() { // The images are loaded while the API server starts.
		if err := c.startRuntime(ctx); err != nil {
			return err
		}
		c.timeline.reached("containerd has the images")
	}
	if err := c.awaitAnswer(ctx, "the API server to be ready", "/readyz"); err != nil {
		return err
	}
	c.timeline.reached("the API server is ready")
	err := errors.Join(
		c.launch(binaries.ControllerManager, c.controllerManagerCommand()),
		c.launch(binaries.Scheduler, c.schedulerCommand()),
	)
	if c.isReal() {
		return errors.Join(err, c.startKubelet())
	}
	return errors.Join(err, c.launch(binaries.Kwok, c.kwokCommand()))
}

// startEtcd starts etcd, and waits for it. On a real node it is out of reach, and the API server there waits for it.
func (c *cluster) startEtcd(ctx context.Context) error {
	if err := c.launch(binaries.Etcd, c.etcdCommand()); err != nil || c.isReal() {
		return err
	}
	health := "http://" + loopback(c.site.etcdClient) + "/health"
	if err := c.await(ctx, "etcd to be healthy", func(ctx context.Context) (bool, error) { return healthy(ctx, health) }); err != nil {
		return err
	}
	c.timeline.reached("etcd is healthy")
	return nil
}

// writeAll writes the certificates, kubeconfigs and configurations.
func (c *cluster) writeAll() error {
	if err := c.chooseSite(); err != nil {
		return err
	}
	ca, err := c.state.writeCertificates(c.site.host)
	if err != nil {
		return err
	}
	clients := identities
	if c.isReal() {
		clients = slices.Concat(clients, nodeIdentities)
		if err := c.writeNode(ca); err != nil {
			return err
		}
	}
	if err := c.state.writeClients(ca, c.site.server(), clients...); err != nil {
		return err
	}
	if c.api, err = newAPI(c.site.server(), ca); err != nil {
		return err
	}
	return c.writeConfigurations()
}

// writeConfigurations writes the files that programs read instead of flags.
func (c *cluster) writeConfigurations() error {
	scheduler := fmt.Sprintf(schedulerConfig, c.state.kubeconfig("scheduler"))
	return errors.Join(
		os.WriteFile(c.state.path("scheduler.yaml"), []byte(scheduler), 0o600),
		os.WriteFile(c.state.path("kwok.yaml"), []byte(kwokConfig), 0o600),
		write(c.state.path("audit.yaml"), auditPolicy, controllerUser),
	)
}

// sharedMemory is a folder in memory where the system has one.
const sharedMemory = "/dev/shm"

// makeData makes the folder for etcd's data in memory, if that is wanted and such a place exists. It records the folder first,
// since an unrecorded folder would not be removed.
func (c *cluster) makeData() error {
	if c.options.store != "tmpfs" || !binaries.Exists(sharedMemory) {
		return nil
	}
	c.state.Data = filepath.Join(sharedMemory, fmt.Sprintf("namesake-%s-%d", c.options.name, os.Getpid()))
	if err := c.state.save(); err != nil {
		return err
	}
	if err := os.Mkdir(c.state.Data, 0o700); err != nil {
		c.state.Data = "" // The folder is not ours to remove.
		return fmt.Errorf("making etcd's folder in memory (--store=disk does without): %w", err)
	}
	return nil
}

// startNodes creates the fake Nodes, or lets a real one register itself. It waits until Pods can be created and scheduled.
func (c *cluster) startNodes(ctx context.Context) error {
	count := c.options.nodes
	if c.isReal() {
		count = 1
		if err := c.installDNS(ctx); err != nil { // This way its Pod exists when the node does.
			return err
		}
	} else if err := c.api.createNodes(ctx, count); err != nil {
		return err
	}
	const account = "/api/v1/namespaces/default/serviceaccounts/default"
	err := c.awaitAnswer(ctx, "the namespace default to have its ServiceAccount", account)
	if err != nil {
		return err
	}
	err = c.await(ctx, "the nodes to be Ready", func(ctx context.Context) (bool, error) {
		return c.api.nodesUsable(ctx, count)
	})
	if err != nil {
		return err
	}
	c.timeline.reached("%d nodes are Ready", count)
	return nil
}

// launch starts a program of the cluster, with these variables besides the usual ones, and records it.
func (c *cluster) launch(name string, command []string, extra ...string) error {
	env := []string{
		// kwok would also read the configuration of its user.
		"KWOK_WORKDIR=" + c.state.path("kwok"),
		// Nothing here goes through a proxy, least of all calls to a webhook's Service, whose name is no loopback address.
		"HTTP_PROXY=", "HTTPS_PROXY=", "http_proxy=", "https_proxy=",
	}
	env = slices.Concat(env, c.nodeEnvironment(), extra)
	running, err := process.StartBy(c.starter, name, c.state.dir, c.state.path("logs", name+".log"), env, command...)
	if err != nil {
		return err
	}
	c.running = append(c.running, running)
	c.state.Processes = append(c.state.Processes, running.Record)
	return c.state.save()
}
