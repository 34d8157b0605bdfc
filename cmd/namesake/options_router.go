package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// routerOptions says where the Pods of the sandbox router are.
type routerOptions struct {
	namespace, labels string
}

func defaultRouter() routerOptions {
	router := rules.DefaultRouter()
	return routerOptions{namespace: router.Namespace, labels: labels.Set(router.Labels).String()}
}

func (o *routerOptions) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.namespace, "router-namespace", o.namespace,
		"Namespace of the sandbox router: the Pods that the default NetworkPolicy of a SandboxTemplate lets in.")
	flags.StringVar(&o.labels, "router-labels", o.labels, "Labels of its Pods there: KEY=VALUE, separated by commas.")
}

// router returns what the flags say, or every problem with them.
func (o *routerOptions) router() (rules.Router, error) {
	var errs []error
	if problems := validation.IsDNS1123Label(o.namespace); len(problems) > 0 {
		errs = append(errs, fmt.Errorf("--router-namespace: found %q: %s", o.namespace, strings.Join(problems, "; ")))
	}
	set, err := labels.ConvertSelectorToLabelsMap(o.labels)
	switch {
	case err != nil:
		errs = append(errs, fmt.Errorf("--router-labels: found %q, must be KEY=VALUE, separated by commas: %w", o.labels, err))
	case len(set) == 0: // Otherwise every Pod of the namespace would get in.
		errs = append(errs, errors.New("--router-labels: must not be empty"))
	}
	return rules.Router{Namespace: o.namespace, Labels: set}, errors.Join(errs...)
}
