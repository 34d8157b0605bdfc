package binaries

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
)

// overrides are the variables with which envtest's users point to their own programs.
var overrides = map[string]string{
	APIServer: "TEST_ASSET_KUBE_APISERVER",
	Etcd:      "TEST_ASSET_ETCD",
	Kubectl:   "TEST_ASSET_KUBECTL",
}

// own returns the user's own program of that name, or "".
func own(name string) string {
	variable, ok := overrides[name]
	if !ok {
		return ""
	}
	if path := os.Getenv(variable); path != "" && Exists(path) {
		return path
	}
	return ""
}

// Path returns the program to run: the user's own if a variable names one that exists, else the one in dir.
func Path(dir, name string) string {
	return cmp.Or(own(name), filepath.Join(dir, name))
}

// WithoutOwn returns the names of the programs that the user has not provided.
func WithoutOwn(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return own(name) != "" })
}

// EnvtestAssets returns the folder that KUBEBUILDER_ASSETS names if it holds everything that envtest starts, else "".
func EnvtestAssets() string {
	dir := os.Getenv("KUBEBUILDER_ASSETS")
	if dir == "" {
		return ""
	}
	for _, name := range Envtest {
		if !Exists(filepath.Join(dir, name)) {
			return ""
		}
	}
	return dir
}
