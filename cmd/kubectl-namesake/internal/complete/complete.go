// Package complete completes words on the command line with names from the cluster.
package complete

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// most is how many names are offered. A shell shows no more in a useful way, and a pool may have 10,000 Sandboxes.
const most = 500

// Func completes what is typed. It is a cobra.CompletionFunc.
type Func = func(command *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// Names completes the name of an object of this kind in the namespace, for the first argument.
func Names(o cli.Options, kind *objects.Kind) Func {
	return func(command *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(command.Context(), o, kind, "", typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// Flag is Names for the value of a flag.
func Flag(o cli.Options, kind *objects.Kind) Func {
	return func(command *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return names(command.Context(), o, kind, "", typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// Refs completes KIND/NAME, or KIND NAME, of these kinds.
func Refs(o cli.Options, kinds ...*objects.Kind) Func {
	return func(command *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		word, typedName, isRef := strings.Cut(typed, "/")
		switch {
		case len(args) == 1 && !strings.Contains(args[0], "/"):
			word, typedName = args[0], typed
		case len(args) > 0:
			return nil, cobra.ShellCompDirectiveNoFileComp
		case !isRef:
			return kindWords(kinds, typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
		ref, err := objects.ParseRef([]string{word, "any"}, kinds...)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		before := ""
		if len(args) == 0 {
			before = word + "/"
		}
		return names(command.Context(), o, ref.Kind, before, typedName), cobra.ShellCompDirectiveNoFileComp
	}
}

func kindWords(kinds []*objects.Kind, typed string) []string {
	var words []string
	for _, kind := range kinds {
		if word := kind.String() + "/"; strings.HasPrefix(word, typed) {
			words = append(words, word)
		}
	}
	return words
}

// names returns the names that begin with typed, with a word before each. It returns none if they cannot be read: a shell has no place
// for an error.
func names(ctx context.Context, o cli.Options, kind *objects.Kind, before, typed string) []string {
	c, namespace, err := o.Reader(false)
	if err != nil {
		return nil
	}
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(kind.GroupVersionKind())
	if err := c.List(ctx, list, client.InNamespace(namespace), client.Limit(most)); err != nil {
		return nil
	}
	return matching(list, before, typed)
}

func matching(list *metav1.PartialObjectMetadataList, before, typed string) []string {
	var found []string
	for i := range list.Items {
		if name := list.Items[i].Name; strings.HasPrefix(name, typed) {
			found = append(found, before+name)
		}
	}
	return found
}

// GlobalFlags completes the flags that all commands have, as kubectl does.
func GlobalFlags(o cli.Options, root *cobra.Command) error {
	namespaces := &objects.Kind{Name: "Namespace", Resource: "namespaces", Short: []string{"namespace"}}
	for flag, complete := range map[string]Func{
		"namespace": Flag(o, namespaces),
		"context":   contexts(o),
		"color":     cobra.FixedCompletions(colour.Values, cobra.ShellCompDirectiveNoFileComp),
	} {
		if err := root.RegisterFlagCompletionFunc(flag, complete); err != nil {
			return err
		}
	}
	return nil
}

func contexts(o cli.Options) Func {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		config, err := o.Flags.ToRawKubeConfigLoader().RawConfig()
		if err != nil && !clientcmd.IsEmptyConfig(err) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []string
		for name := range config.Contexts {
			if strings.HasPrefix(name, typed) {
				found = append(found, name)
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}
