package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

type command struct {
	cli.Options
	allNamespaces bool
	file, maxSize string
}

// New returns the command.
func New(o cli.Options) *cobra.Command {
	c := command{Options: o}
	report := &cobra.Command{
		Use:   "report",
		Short: "Write an archive for a bug report, without secrets",
		Long: `Write an archive (tar.gz) for a bug report: versions, the objects of a namespace with their Pods and events, webhook
configurations and policies, Certificates, nodes, and the managers' logs and metrics.

It reads no Secrets and no ConfigMaps. Values of variables, commands, and annotations that may hold secrets are replaced. Its README.txt
says what is in it, what was replaced, and what you may not read. Look through it before you hand it on.`,
		Example: `  kubectl namesake report
  kubectl namesake report -A --file bug.tar.gz
  kubectl namesake report --file - | tar -tz`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return c.run(command.Context()) },
	}
	flags := report.Flags()
	cli.AddAllNamespaces(flags, &c.allNamespaces)
	flags.StringVarP(&c.file, "file", "f", "", "File to write, which must not exist; - is the output. Without it, namesake-report-TIME.tar.gz in this folder")
	flags.StringVar(&c.maxSize, "max-size", "100Mi", "How much the files may have together, before they are compressed")
	return report
}

func (c *command) run(ctx context.Context) error {
	limit, err := resource.ParseQuantity(c.maxSize)
	if err != nil || limit.Value() <= 0 {
		return fmt.Errorf("--max-size is a size such as 100Mi; found %q", c.maxSize)
	}
	reader, namespace, err := c.Reader(c.allNamespaces)
	if err != nil {
		return err
	}
	if c.file == "-" {
		return c.write(ctx, c.Out, reader, namespace, limit.Value())
	}
	if c.file == "" {
		c.file = "namesake-report-" + c.Now().UTC().Format("20060102T150405Z") + ".tar.gz"
	}
	file, err := os.OpenFile(c.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("creating the archive: %w", err)
	}
	if err := errors.Join(c.write(ctx, file, reader, namespace, limit.Value()), file.Close()); err != nil {
		return errors.Join(err, os.Remove(c.file))
	}
	_, err = fmt.Fprintf(c.Out, "%s is written. Look through it before you hand it on: its README.txt says what is in it.\n", c.file)
	return err
}

// write writes the archive. What could not be read is also told on the error stream.
func (c *command) write(ctx context.Context, out io.Writer, reader client.Reader, namespace string, limit int64) error {
	a := newArchive(out, limit, c.Now())
	if err := c.versions(a); err != nil {
		return err
	}
	managers, err := objects.Managers(ctx, reader)
	if err != nil {
		a.lacks("managers", why(err))
	}
	var namespaces []string
	for _, manager := range managers {
		namespaces = append(namespaces, manager.Namespace)
	}
	slices.Sort(namespaces)
	if err := collect(ctx, reader, a, parts(namespace, slices.Compact(namespaces))); err != nil {
		return err
	}
	config, err := c.RESTConfig()
	if err != nil {
		return err
	}
	for _, manager := range managers {
		if err := listen(ctx, reader, config, a, manager); err != nil {
			return err
		}
	}
	of := "namespace " + namespace
	if namespace == "" {
		of = "all namespaces"
	}
	if err := a.close(fmt.Sprintf("A report on the Sandboxes of %s, by kubectl-namesake %s.\n", of, c.Version)); err != nil {
		return err
	}
	var notes []string
	for _, missing := range a.missing {
		notes = append(notes, "not in the archive: "+cli.Clean(missing))
	}
	return cli.Notes(c.ErrOut, notes)
}

// versions writes the versions of the API server and the plugin.
func (c *command) versions(a *archive) error {
	discovery, err := c.Flags.ToDiscoveryClient()
	if err != nil {
		return err
	}
	server, err := discovery.ServerVersion()
	if err != nil {
		return fmt.Errorf("asking the API server for its version: %w", err)
	}
	text, err := json.MarshalIndent(map[string]any{"server": server, "plugin": c.Version}, "", "  ")
	if err != nil {
		return err
	}
	return a.add("versions.json", append(text, '\n'))
}
