// Package cli holds what all commands of the plugin have in common: kubectl's flags, the streams, how a result is printed, and the
// exit code of an error.
package cli

import (
	"strings"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// These are kubectl's own limits for a client: requests a second, and at once.
const (
	qps   = 50
	burst = 300
)

// Options are what every command gets.
type Options struct {
	genericiooptions.IOStreams
	// Flags are kubectl's: --context, --kubeconfig, --namespace, --as, --request-timeout and so on.
	Flags *genericclioptions.ConfigFlags
	// Colour is the value of --color.
	Colour *colour.When
	// Version is the version of the plugin.
	Version string
	// Now is the clock, by which ages are told.
	Now func() time.Time
}

// NewOptions returns options without any flag set. A client prints what the API server warns of on the error stream, as kubectl
// does, each warning once.
func NewOptions(streams genericiooptions.IOStreams, version string) Options {
	warnings := rest.NewWarningWriter(streams.ErrOut, rest.WarningWriterOptions{Deduplicate: true})
	flags := genericclioptions.NewConfigFlags(true).WithDiscoveryQPS(qps).WithDiscoveryBurst(burst).
		WithWarningPrinter(streams).WithWrapConfigFn(func(config *rest.Config) *rest.Config {
		config.QPS, config.Burst, config.WarningHandler = qps, burst, warnings
		config.UserAgent = "kubectl-namesake/" + version
		return config
	})
	when := colour.Auto
	return Options{IOStreams: streams, Flags: flags, Colour: &when, Version: version, Now: time.Now}
}

// AddFlags adds the flags that all commands have.
func (o Options) AddFlags(flags *pflag.FlagSet) {
	o.Flags.AddFlags(flags)
	flags.Var(o.Colour, "color", "When to use colors: "+strings.Join(colour.Values, ", ")+". auto does on a terminal, unless NO_COLOR is set")
}

// AddAllNamespaces adds -A to the flags of a command.
func AddAllNamespaces(flags *pflag.FlagSet, all *bool) {
	flags.BoolVarP(all, "all-namespaces", "A", false, "Look in all namespaces, not only in that of --namespace or the context")
}

// Palette returns the colours of what goes to the output stream.
func (o Options) Palette() colour.Palette { return o.Colour.For(o.Out) }

// Namespace returns the namespace that the user means, by --namespace or the kubeconfig's context. It is "" for all of them.
func (o Options) Namespace(all bool) (string, error) {
	if all {
		return corev1.NamespaceAll, nil
	}
	namespace, _, err := o.Flags.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}

// RESTConfig returns the configuration of clients for the cluster that the user means.
func (o Options) RESTConfig() (*rest.Config, error) { return o.Flags.ToRESTConfig() }

// Mapper returns what knows the kinds of the cluster, by kubectl's cache of them.
func (o Options) Mapper() (meta.RESTMapper, error) { return o.Flags.ToRESTMapper() }

// Client returns a client for the cluster that the user means. It knows the types of objects.Scheme, and any others as
// unstructured. It reads live.
func (o Options) Client() (client.WithWatch, error) {
	config, err := o.RESTConfig()
	if err != nil {
		return nil, err
	}
	mapper, err := o.Mapper()
	if err != nil {
		return nil, err
	}
	return objects.NewClient(config, mapper)
}

// Reader returns a client and the namespace that the user means.
func (o Options) Reader(all bool) (c client.WithWatch, namespace string, err error) {
	if namespace, err = o.Namespace(all); err != nil {
		return nil, "", err
	}
	c, err = o.Client()
	return c, namespace, err
}
