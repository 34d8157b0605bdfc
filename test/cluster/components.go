package main

import (
	"fmt"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/binaries"
)

// These methods return how each program is started. Client limits are lifted, since they would otherwise be what a measurement
// measures.

func (c *cluster) etcdCommand() []string {
	client, peer := c.site.etcdClient, c.site.etcdPeer
	data := c.state.Data
	command := []string{
		c.program(binaries.Etcd),
		"--name=namesake", "--log-level=warn",
		"--listen-client-urls=http://" + loopback(client), "--advertise-client-urls=http://" + loopback(client),
		"--listen-peer-urls=http://" + loopback(peer), "--initial-advertise-peer-urls=http://" + loopback(peer),
		"--initial-cluster=namesake=http://" + loopback(peer),
		"--quota-backend-bytes=8589934592",
	}
	if c.options.store == "disk" {
		return append(command, "--data-dir="+c.state.path("etcd"))
	}
	if data == "" {
		data = c.state.path("etcd")
	}
	return append(command, "--data-dir="+data, "--unsafe-no-fsync")
}

func (c *cluster) apiServerCommand() []string {
	pki := func(file string) string { return c.state.path("pki", file) }
	command := []string{
		c.program(binaries.APIServer),
		"--etcd-servers=http://" + loopback(c.site.etcdClient),
		"--bind-address=" + c.site.bind, "--advertise-address=" + c.site.host, fmt.Sprintf("--secure-port=%d", c.site.apiServer),
		"--tls-cert-file=" + pki("apiserver.crt"), "--tls-private-key-file=" + pki("apiserver.key"),
		"--client-ca-file=" + pki("ca.crt"), "--token-auth-file=" + c.state.path("tokens.csv"),
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
		"--requestheader-client-ca-file=" + pki("front-proxy-ca.crt"), "--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + pki("front-proxy-client.crt"), "--proxy-client-key-file=" + pki("front-proxy-client.key"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + pki("service-accounts.key"), "--service-account-signing-key-file=" + pki("service-accounts.key"),
		"--service-cluster-ip-range=" + serviceCIDR,
		"--max-requests-inflight=800", "--max-mutating-requests-inflight=400",
		// The log is written in parallel to the requests, and not before their answers.
		"--audit-policy-file=" + c.state.path("audit.yaml"), "--audit-log-path=" + c.state.path("logs", "audit.log"), "--audit-log-mode=batch",
	}
	command = append(command, c.options.apiServerFlags...)
	if c.isReal() {
		return append(command,
			"--kubelet-client-certificate="+pki("kubelet-client.crt"), "--kubelet-client-key="+pki("kubelet-client.key"),
			"--kubelet-certificate-authority="+pki("ca.crt"), "--kubelet-preferred-address-types=InternalIP",
		)
	}
	// This server must not announce an address that Pods cannot reach anyway.
	return append(command, "--endpoint-reconciler-type=none")
}

func (c *cluster) controllerManagerCommand() []string {
	config := c.state.kubeconfig("controller-manager")
	return []string{
		c.program(binaries.ControllerManager),
		"--kubeconfig=" + config, "--authentication-kubeconfig=" + config, "--authorization-kubeconfig=" + config,
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", c.site.controllerManager), "--cert-dir=",
		"--leader-elect=false", "--use-service-account-credentials=true",
		"--service-account-private-key-file=" + c.state.path("pki", "service-accounts.key"),
		"--root-ca-file=" + c.state.path("pki", "ca.crt"),
		"--kube-api-qps=2000", "--kube-api-burst=4000",
	}
}

func (c *cluster) schedulerCommand() []string {
	config := c.state.kubeconfig("scheduler")
	return []string{
		c.program(binaries.Scheduler),
		"--config=" + c.state.path("scheduler.yaml"),
		"--authentication-kubeconfig=" + config, "--authorization-kubeconfig=" + config,
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", c.site.scheduler), "--cert-dir=",
	}
}

func (c *cluster) kwokCommand() []string {
	command := []string{
		c.program(binaries.Kwok),
		"--kubeconfig=" + c.state.kubeconfig("kwok"),
		"--manage-all-nodes=true",
		"--cidr=10.128.0.0/9", "--node-ip=10.127.0.1",
		"--config=" + c.state.path("kwok.yaml"),
	}
	for _, stage := range binaries.Stages(c.bin) {
		command = append(command, "--config="+stage)
	}
	return command
}

// program returns the path of one of the cluster's programs.
func (c *cluster) program(name string) string {
	return binaries.Path(c.bin, name)
}

// auditPolicy makes the API server record what the product's manager asks for, and whether it may.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- {level: Metadata, users: [%q]}
- {level: None}
`

// schedulerConfig is complete except for the kubeconfig's path. With a configuration file, flags for these settings are
// ignored.
const schedulerConfig = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: {kubeconfig: %q, qps: 2000, burst: 4000}
leaderElection: {leaderElect: false}
`

// kwokConfig sets what the program, unlike kwokctl, has no defaults for.
const kwokConfig = `apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options:
  podPlayStageParallelism: 32
  nodePlayStageParallelism: 8
  nodeLeaseParallelism: 8
  nodeLeaseDurationSeconds: 40
  podsOnNodeSyncParallelism: 4
`
