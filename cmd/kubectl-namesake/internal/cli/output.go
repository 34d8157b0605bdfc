package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"
)

// Formats of -o. Without one the output is a table, or text.
const (
	FormatTable = ""
	FormatWide  = "wide"
	FormatJSON  = "json"
	FormatYAML  = "yaml"
	FormatName  = "name"
)

// Output is the flag -o.
type Output struct {
	Format  string
	formats []string
}

// NewOutput returns the flag for a command that has these formats besides that of no -o.
func NewOutput(formats ...string) *Output { return &Output{formats: formats} }

// AddTo adds -o to the flags of a command, with its completion.
func (o *Output) AddTo(command *cobra.Command) {
	command.Flags().VarP(o, "output", "o", "Output format: "+strings.Join(o.formats, ", "))
	// It fails only if the flag does not exist or has a completion.
	_ = command.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(o.formats, cobra.ShellCompDirectiveNoFileComp))
}

var _ pflag.Value = &Output{}

// String implements pflag.Value.
func (o *Output) String() string { return o.Format }

// Type implements pflag.Value.
func (*Output) Type() string { return "format" }

// Set implements pflag.Value.
func (o *Output) Set(format string) error {
	if !slices.Contains(o.formats, format) {
		return fmt.Errorf("use one of %s", strings.Join(o.formats, ", "))
	}
	o.Format = format
	return nil
}

// Result is what a command has found, in all formats. A command fills in what its formats need.
type Result struct {
	// Value is written as JSON or YAML. Its fields have json tags.
	Value any
	// Names are lines such as "sandboxclaim.extensions.agents.x-k8s.io/agent".
	Names []string
	// Text writes the table or text for people.
	Text func(out io.Writer, wide bool) error
}

// Print writes r in the format.
func (o *Output) Print(out io.Writer, r Result) error {
	switch o.Format {
	case FormatJSON:
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "    ") // As kubectl does.
		encoder.SetEscapeHTML(false)
		return encoder.Encode(r.Value)
	case FormatYAML:
		text, err := yaml.Marshal(r.Value)
		if err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	case FormatName:
		for _, name := range r.Names {
			if _, err := fmt.Fprintln(out, name); err != nil {
				return err
			}
		}
		return nil
	}
	return r.Text(out, o.Format == FormatWide)
}

// NothingFound is kubectl's sentence for a namespace, or all for "", without what was asked for.
func NothingFound(namespace string) string {
	if namespace == "" {
		return "No resources found"
	}
	return fmt.Sprintf("No resources found in %s namespace.", namespace)
}

// Notes writes what a table does not show, such as what could not be read. It goes to the error stream.
func Notes(out io.Writer, notes []string) error {
	for _, note := range notes {
		if _, err := fmt.Fprintln(out, "note: "+note); err != nil {
			return err
		}
	}
	return nil
}
