package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/binaries"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/pki"
)

// nodeIdentities are the clients that only a real node has.
var nodeIdentities = []identity{
	{name: "kubelet", user: "system:node:" + realNodeName, groups: []string{"system:nodes"}},
	{name: "kube-proxy", user: "system:kube-proxy"},
}

// writeNode writes the certificates and configurations of a real node.
func (c *cluster) writeNode(ca *pki.Pair) error {
	serving, err := ca.NewServer(realNodeName, c.site.host)
	if err != nil {
		return err
	}
	caller, err := ca.NewClient("kube-apiserver-kubelet-client", "system:masters")
	if err != nil {
		return err
	}
	network := c.state.path("cni")
	if err := os.MkdirAll(network, 0o700); err != nil {
		return err
	}
	in := c.state.path
	return errors.Join(
		serving.Write(in("pki", "kubelet.crt"), in("pki", "kubelet.key")),
		caller.Write(in("pki", "kubelet-client.crt"), in("pki", "kubelet-client.key")),
		write(in("containerd.toml"), containerdConfig,
			in("containerd"), in("containerd-opt"), pauseImage, c.nodeProgram(binaries.Runc), c.nodeBin, network),
		write(in("cni", "10-bridge.conflist"), networkConfig, in("addresses"), podCIDR),
		// Nobody answers there, so a name outside the cluster fails at once.
		write(in("resolv.conf"), "nameserver %s\n", c.state.Node.Link.Machine),
		write(in("kubelet.yaml"), kubeletConfig,
			in("pki", "ca.crt"), in("pki", "kubelet.crt"), in("pki", "kubelet.key"), in("kubelet-plugins"),
			in("resolv.conf"), dnsIP, "/"+c.state.Node.Link.Name),
		// Where bridges do not pass packets on to iptables, an answer between two Pods would not find its way back through the
		// Service. It does with the node's address as the sender. Loading a kernel module for it would change the machine.
		write(in("kube-proxy.yaml"), kubeProxyConfig, realNodeName, c.state.kubeconfig("kube-proxy"), podCIDR, !binaries.Exists(bridgeFilter)),
	)
}

// bridgeFilter exists where bridges pass packets on to iptables.
const bridgeFilter = "/proc/sys/net/bridge/bridge-nf-call-iptables"

func write(path, format string, values ...any) error {
	return os.WriteFile(path, fmt.Appendf(nil, format, values...), 0o600)
}

// containerdConfig keeps containerd in its folders, and keeps it from loading an AppArmor profile into the machine's kernel.
const containerdConfig = `version = 3
root = %[1]q
state = "/run/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = %[2]q
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = %[3]q
[plugins."io.containerd.cri.v1.runtime"]
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      BinaryName = %[4]q
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = [%[5]q]
    conf_dir = %[6]q
`

// networkConfig configures one bridge. A Pod also reaches itself through its Service. No packet may leave the node, so no
// address is masqueraded.
const networkConfig = `{"cniVersion": "1.0.0", "name": "node", "plugins": [{
  "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "ipMasq": false,
  "ipam": {"type": "host-local", "dataDir": %[1]q, "ranges": [[{"subnet": %[2]q}]], "routes": [{"dst": "0.0.0.0/0"}]}
}]}
`

// kubeletConfig turns off eviction and garbage collection: the machine's disk is not the node's, and no image could be pulled
// again.
const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: %[1]q}}
authorization: {mode: Webhook}
tlsCertFile: %[2]q
tlsPrivateKeyFile: %[3]q
volumePluginDir: %[4]q
resolvConf: %[5]q
clusterDNS: [%[6]q]
clusterDomain: cluster.local
cgroupRoot: %[7]q
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
evictionHard: {memory.available: 0%%, nodefs.available: 0%%, imagefs.available: 0%%, nodefs.inodesFree: 0%%, imagefs.inodesFree: 0%%}
imageGCHighThresholdPercent: 100
serializeImagePulls: false
`

// kubeProxyConfig leaves the machine-wide limits of connection tracking alone.
const kubeProxyConfig = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
hostnameOverride: %[1]q
clientConnection: {kubeconfig: %[2]q}
clusterCIDR: %[3]q
iptables: {masqueradeAll: %[4]t}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
`
