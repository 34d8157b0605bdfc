// Package binaries builds the programs of a control plane from Go modules, and keeps them in the user's cache.
package binaries

import (
	"fmt"
	"slices"
)

// module is a folder beside this program with its own go.mod: one set of dependencies.
type module struct {
	folder string
	// path is the module whose version names the build.
	path string
	// short names the module in the cache.
	short string
}

var (
	kubernetes = module{folder: "kubernetes", path: "k8s.io/kubernetes", short: "k8s"}
	etcd       = module{folder: "etcd", path: "go.etcd.io/etcd/server/v3", short: "etcd"}
	kwok       = module{folder: "kwok", path: "sigs.k8s.io/kwok", short: "kwok"}
	// helm is no part of a cluster. It has a separate folder, so a new version of it does not rebuild a cluster's programs.
	helm = module{folder: "helm", path: "helm.sh/helm/v4", short: "helm"}
)

var modules = []module{kubernetes, etcd, kwok}

// component is one program and the main package that it is built from.
type component struct {
	name   string
	module module
	pkg    string
	// note warns of a long first build.
	note string
	// stamp returns the linker flags that tell the program its version, or nil if it needs none.
	stamp func(version string) string
	// cgo says that the build needs a C compiler. tags are build tags.
	cgo  bool
	tags string
}

const (
	minute  = " (a minute or two the first time)"
	minutes = " (a few minutes the first time)"
)

var components = []component{
	{name: Etcd, module: etcd, pkg: "go.etcd.io/etcd/server/v3"},
	{name: APIServer, module: kubernetes, pkg: "k8s.io/kubernetes/cmd/kube-apiserver", stamp: stamp, note: minutes},
	{name: Kubectl, module: kubernetes, pkg: "k8s.io/kubernetes/cmd/kubectl", stamp: stamp},
	{name: ControllerManager, module: kubernetes, pkg: "k8s.io/kubernetes/cmd/kube-controller-manager", stamp: stamp, note: minute},
	{name: Scheduler, module: kubernetes, pkg: "k8s.io/kubernetes/cmd/kube-scheduler", stamp: stamp},
	{name: Kwok, module: kwok, pkg: "sigs.k8s.io/kwok/cmd/kwok", note: minute},
	{name: Helm, module: helm, pkg: "helm.sh/helm/v4/cmd/helm", note: minute, stamp: stampHelm},
}

// These are the programs' file names.
const (
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Etcd              = "etcd"
	Helm              = "helm"
	Kubectl           = "kubectl"
	Kwok              = "kwok"
	Scheduler         = "kube-scheduler"
)

// Envtest lists the programs that controller-runtime's envtest starts.
var Envtest = []string{Etcd, APIServer, Kubectl}

// All lists every program of a cluster.
var All = []string{Etcd, APIServer, Kubectl, ControllerManager, Scheduler, Kwok}

// find returns the component of that name.
func find(name string) (component, error) {
	for _, c := range slices.Concat(components, nodeComponents) {
		if c.name == name {
			return c, nil
		}
	}
	return component{}, fmt.Errorf("unknown program %q", name)
}
