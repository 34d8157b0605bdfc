package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	authorization "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/scope"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// namespaceOptions says which namespaces are served, and whether nodes are watched, which are in none.
type namespaceOptions struct {
	names      namespaceNames
	watchNodes bool
}

// namespaceNames is the text of the flag. Whether the flag was given tells an empty text from none. It implements flag.Value.
type namespaceNames struct {
	text  string
	given bool
}

// String implements flag.Value.
func (n *namespaceNames) String() string { return n.text }

// Set implements flag.Value.
func (n *namespaceNames) Set(text string) error {
	n.text, n.given = text, true
	return nil
}

func (o *namespaceOptions) addFlags(flags *flag.FlagSet) {
	flags.Var(&o.names, "namespaces",
		"Namespaces to serve, separated by commas. Everything elsewhere is left alone, and the webhook configurations have to select these namespaces by their names. Not given: all.")
	flags.BoolVar(&o.watchNodes, "watch-nodes", o.watchNodes,
		"Watch nodes, which needs a ClusterRole, so that claims get no Sandbox on a node that is cordoned, about to be removed or gone.")
}

// served returns the namespaces that the flag names, none for all, or every problem with it.
func (o *namespaceOptions) served() ([]string, error) {
	if !o.names.given {
		return nil, nil
	}
	namespaces, err := rules.ParseNamespaces(o.names.text)
	if err != nil {
		return nil, fmt.Errorf("--namespaces: %s", strings.ReplaceAll(err.Error(), "\n", "\n--namespaces: "))
	}
	return namespaces, nil
}

// split returns which of namespaces, none for all, the manager has the rights to serve, and which it leaves out.
func split(ctx context.Context, cfg *rest.Config, namespaces []string) (served, leftOut []string, err error) {
	if len(namespaces) == 0 {
		return nil, nil, nil
	}
	reviews, err := authorization.NewForConfig(cfg)
	if err != nil {
		return nil, nil, fmt.Errorf("asking for the manager's rights: %w", err)
	}
	rights := &scope.Rights{
		Review: reviews.SelfSubjectAccessReviews().Create, Clock: clock.RealClock{}, Log: ctrl.Log.WithName("namespaces"),
	}
	return rights.Split(ctx, namespaces)
}

// namespacesOf returns the namespaces of the cache; nil for all.
func namespacesOf(namespaces []string) map[string]cache.Config {
	if len(namespaces) == 0 {
		return nil
	}
	watched := map[string]cache.Config{}
	for _, namespace := range namespaces {
		watched[namespace] = cache.Config{}
	}
	return watched
}
