// Package audit is "kubectl namesake audit": it looks for what cannot be, with the user's rights.
package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
	"github.com/namesake-sandbox/namesake/internal/audit"
)

// parallel is how many findings are read again at a time.
const parallel = 8

type command struct {
	cli.Options

	output *cli.Output
	all    bool
	settle time.Duration
	clock  clock.Clock
}

// Result is what is written as JSON and YAML.
type Result struct {
	Violations int             `json:"violations"`
	Warnings   int             `json:"warnings"`
	Findings   []audit.Finding `json:"findings"`
	// Looked is how many objects of each kind were looked at.
	Looked map[string]int `json:"looked"`
	// Notes say what could not be read.
	Notes []string `json:"notes,omitempty"`
}

// New returns the command.
func New(o cli.Options) *cobra.Command {
	c := command{
		Options: o, output: cli.NewOutput(cli.FormatWide, cli.FormatJSON, cli.FormatYAML, cli.FormatName), settle: 5 * time.Second,
		clock: clock.RealClock{},
	}
	command := &cobra.Command{
		Use:   "audit",
		Short: "Look for what cannot be: shared Sandboxes, second Pods, planted labels, open Pods",
		Long: `Look for what cannot be: two Pods of a Sandbox, a Sandbox that has served two claims, planted labels, Pods outside their
NetworkPolicy, and what is left over or lost.

It reads with your rights, changes nothing, and asks no manager. It works on every cluster that serves agents.x-k8s.io.
What it finds is read again, at once and after --settle, so that nothing is told that is only on its way.

A violation means that the guarantee is broken. A warning does not. -o wide says what to do about each.

Exit codes: 0 no violations; 1 violations; 2 a mistake in the call, or Sandboxes cannot be read.`,
		Example: `  kubectl namesake audit
  kubectl namesake audit -A -o wide
  kubectl namesake audit -A -o json | jq '.findings[] | select(.severity == "violation")'`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return c.run(command.Context()) },
	}
	c.output.AddTo(command)
	cli.AddAllNamespaces(command.Flags(), &c.all)
	command.Flags().DurationVar(&c.settle, "settle", c.settle, "Look again after this time at what was found; 0 looks at it once")
	return command
}

func (c *command) run(ctx context.Context) error {
	if c.settle < 0 {
		return fmt.Errorf("--settle must not be negative, found %s", c.settle)
	}
	reader, namespace, err := c.Reader(c.all)
	if err != nil {
		return err
	}
	result, err := c.look(ctx, reader, namespace)
	if err != nil {
		return err
	}
	if err := c.print(result, namespace); err != nil {
		return err
	}
	if result.Violations > 0 {
		return cli.Exit(cli.Found)
	}
	return nil
}

// Look returns what is found in namespace, or in all if it is empty. What is found is read again at once, and once more after settle. It
// is an error if Sandboxes cannot be listed.
func Look(ctx context.Context, reader client.Reader, namespace string, settle time.Duration, timer clock.Clock) (Result, error) {
	c := command{settle: settle, clock: timer}
	return c.look(ctx, reader, namespace)
}

func (c *command) look(ctx context.Context, reader client.Reader, namespace string) (Result, error) {
	source := &audit.Source{Reader: reader}
	found, unread, err := source.List(ctx, namespace)
	if err != nil {
		return Result{}, err
	}
	result := Result{Findings: []audit.Finding{}, Looked: looked(found)}
	for _, u := range unread {
		if u.Kind == sandboxv1.KindSandbox && !u.Partial {
			return Result{}, fmt.Errorf("listing Sandboxes: %w", u.Err)
		}
		result.Notes = append(result.Notes, note(u))
	}
	var findings []audit.Finding
	for _, snapshot := range found {
		findings = append(findings, audit.Run(snapshot)...)
	}
	err = c.confirm(ctx, source, findings, &result)
	return result, err
}

// looked counts what was read.
func looked(found audit.Namespaces) map[string]int {
	counts := map[string]int{}
	for _, snapshot := range found {
		for kind, n := range snapshot.Counts() {
			counts[kind] += n
		}
	}
	return counts
}

// note says that a kind, or single objects of it, could not be read, and that what needs it was not checked.
func note(u audit.Unread) string {
	switch why := objects.CannotSee(u.Err); {
	case u.Partial:
		return fmt.Sprintf("not everything of kind %s could be read: %s", u.Kind, strings.ReplaceAll(u.Err.Error(), "\n", "; "))
	case why != "":
		return fmt.Sprintf("not checked is what needs %s: %s", u.Kind, why)
	default:
		return fmt.Sprintf("not checked is what needs %s: %s", u.Kind, u.Err)
	}
}

// confirm reads findings again, and once more after c.settle, and puts those that hold into result.
func (c *command) confirm(ctx context.Context, source *audit.Source, findings []audit.Finding, result *Result) error {
	findings, err := c.holding(ctx, source, findings, result)
	if err == nil && len(findings) > 0 && c.settle > 0 {
		if err = c.wait(ctx); err == nil {
			findings, err = c.holding(ctx, source, findings, result)
		}
	}
	audit.Sort(findings)
	for _, finding := range findings {
		if finding.Severity == audit.Violation {
			result.Violations++
		} else {
			result.Warnings++
		}
	}
	result.Findings = append(result.Findings, findings...)
	return err
}

// wait waits for c.settle. An interruption ends it.
func (c *command) wait(ctx context.Context) error {
	timer := c.clock.NewTimer(c.settle)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errors.New("interrupted: what was found has not been read again")
	case <-timer.C():
		return nil
	}
}

// holding returns those of findings that still hold. One that cannot be read again is noted.
func (c *command) holding(ctx context.Context, source *audit.Source, findings []audit.Finding, result *Result) ([]audit.Finding, error) {
	holds := make([]bool, len(findings))
	var mu sync.Mutex
	workqueue.ParallelizeUntil(ctx, parallel, len(findings), func(i int) {
		held, err := source.Confirm(ctx, &findings[i])
		holds[i] = held
		if err == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		result.Notes = append(result.Notes, fmt.Sprintf("%s on %s is not told, since it cannot be read again: %v",
			findings[i].Check, findings[i].Object, err))
	})
	slices.Sort(result.Notes)
	var kept []audit.Finding
	for i := range findings {
		if holds[i] {
			kept = append(kept, findings[i])
		}
	}
	return kept, ctx.Err()
}
