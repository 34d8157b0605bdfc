package binaries

import (
	"context"
	"path/filepath"
)

// These are the modules of a real node. Its programs are in a separate folder, since most clusters do not need them.
var (
	containerd = module{folder: "containerd", path: "github.com/containerd/containerd/v2", short: "containerd"}
	runc       = module{folder: "runc", path: "github.com/opencontainers/runc", short: "runc"}
	cni        = module{folder: "cni", path: "github.com/containernetworking/plugins", short: "cni"}

	nodeModules = []module{kubernetes, containerd, runc, cni}
)

// These are the file names of a real node's programs.
const (
	Kubelet        = "kubelet"
	KubeProxy      = "kube-proxy"
	Containerd     = "containerd"
	ContainerdShim = "containerd-shim-runc-v2" // containerd looks for it under this name.
	Ctr            = "ctr"
	Runc           = "runc"
	Bridge         = "bridge"
	HostLocal      = "host-local"
	Loopback       = "loopback"
)

// Node lists the programs of a real node.
var Node = []string{Runc, Bridge, HostLocal, Loopback, Containerd, ContainerdShim, Ctr, Kubelet, KubeProxy}

var nodeComponents = []component{
	// It is static, or it would not start below a container's own root. Without seccomp, no Pod with the default profile would
	// start.
	{name: Runc, module: runc, pkg: "github.com/opencontainers/runc", cgo: true, tags: "seccomp,netgo,osusergo", stamp: static},
	{name: Bridge, module: cni, pkg: "github.com/containernetworking/plugins/plugins/main/bridge"},
	{name: HostLocal, module: cni, pkg: "github.com/containernetworking/plugins/plugins/ipam/host-local"},
	{name: Loopback, module: cni, pkg: "github.com/containernetworking/plugins/plugins/main/loopback"},
	{name: Containerd, module: containerd, pkg: containerdCommand + Containerd, note: minute, stamp: stampContainerd},
	{name: ContainerdShim, module: containerd, pkg: containerdCommand + ContainerdShim, stamp: stampContainerd},
	{name: Ctr, module: containerd, pkg: containerdCommand + Ctr, stamp: stampContainerd},
	{name: Kubelet, module: kubernetes, pkg: "k8s.io/kubernetes/cmd/kubelet", note: minute, stamp: stamp},
	{name: KubeProxy, module: kubernetes, pkg: "k8s.io/kubernetes/cmd/kube-proxy", stamp: stamp},
}

const containerdCommand = "github.com/containerd/containerd/v2/cmd/"

// EnsureNode builds the missing ones of a real node's programs, and returns the folder that holds them.
func (b *Builder) EnsureNode(ctx context.Context) (string, error) {
	return b.ensure(ctx, nodeModules, Node)
}

// HasNode reports whether all of them are built.
func (b *Builder) HasNode(ctx context.Context) bool {
	versions, err := b.versions(ctx, nodeModules)
	if err != nil {
		return false
	}
	missing, err := missingOf(filepath.Join(b.Cache, "bin", versions.folder(nodeModules)), Node)
	return err == nil && len(missing) == 0
}

func static(string) string {
	return "-extldflags '-static'"
}

func stampContainerd(version string) string {
	return "-X github.com/containerd/containerd/v2/version.Version=" + version
}
