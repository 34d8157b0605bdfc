package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// clusterVariable names the folder of the cluster.
const clusterVariable = "NAMESAKE_CLUSTER_DIR"

// clusterDir returns the folder of the cluster that the environment names.
func clusterDir() (string, error) {
	dir := os.Getenv(clusterVariable)
	if dir == "" {
		return "", errors.New(clusterVariable + ` does not name a cluster of test/cluster: run "make chaos"`)
	}
	return dir, nil
}

// connect returns a client of the user of a kubeconfig.
func connect(kubeconfig string) (client.WithWatch, *rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, nil, err
	}
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, sandboxv1.AddToScheme, extensionsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, nil, err
		}
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	return c, config, err
}

// interpose lets the managers reach the API server by another address: that of a proxy.
func interpose(dir, address string) error {
	path := filepath.Join(dir, "controller.kubeconfig")
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return err
	}
	if len(config.Clusters) != 1 {
		return fmt.Errorf("%s has %d clusters, want 1", path, len(config.Clusters))
	}
	for _, cluster := range config.Clusters {
		cluster.Server = "https://" + address
	}
	return clientcmd.WriteToFile(*config, path)
}
