package audit

import (
	"fmt"
	"io"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/internal/audit"
)

func (c *command) print(result Result, namespace string) error {
	if c.output.Format != cli.FormatJSON && c.output.Format != cli.FormatYAML {
		if err := cli.Notes(c.ErrOut, result.Notes); err != nil {
			return err
		}
	}
	return c.output.Print(c.Out, cli.Result{
		Value: result,
		Names: names(result.Findings),
		Text: func(out io.Writer, wide bool) error {
			if len(result.Findings) > 0 {
				if err := c.table(result.Findings).Print(out, c.Palette(), wide); err != nil {
					return err
				}
			}
			_, err := fmt.Fprintln(out, summary(result, namespace))
			return err
		},
	})
}

// table has a row for each finding.
func (c *command) table(findings []audit.Finding) cli.Table {
	table := cli.Table{Columns: cli.Columns("severity", "check")}
	if c.all {
		table.Columns = append(table.Columns, cli.Column{Name: "namespace"})
	}
	table.Columns = append(table.Columns, cli.Column{Name: "object"}, cli.Column{Name: "what"}, cli.Column{Name: "what to do", Wide: true})
	for _, finding := range findings {
		tone := colour.Yellow
		if finding.Severity == audit.Violation {
			tone = colour.Red
		}
		row := []cli.Cell{{Text: string(finding.Severity), Colour: tone}, {Text: finding.Check}}
		if c.all {
			row = append(row, cli.Cell{Text: finding.Object.Namespace})
		}
		object := strings.ToLower(finding.Object.Kind) + "/" + finding.Object.Name
		table.Rows = append(table.Rows, append(row, cli.Text(object, finding.Message, finding.Remedy)...))
	}
	return table
}

// summary is the last line for people.
func summary(result Result, namespace string) string {
	where := "in all namespaces"
	if namespace != "" {
		where = fmt.Sprintf("in namespace %s", namespace)
	}
	return fmt.Sprintf("%s and %s %s, of %s, %s and %s.", count(result.Violations, "violation"), count(result.Warnings, "warning"), where,
		count(result.Looked[sandboxv1.KindSandbox], "Sandbox"), count(result.Looked[extensionsv1.KindSandboxClaim], "claim"),
		count(result.Looked[audit.KindPod], "Pod"))
}

// count writes a number with its noun: "1 claim", "2 claims".
func count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "x"):
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// groups are those of the kinds that findings are about; Kubernetes' own has no name.
var groups = map[string]string{
	sandboxv1.KindSandbox: sandboxv1.GroupName, extensionsv1.KindSandboxClaim: extensionsv1.GroupName,
	extensionsv1.KindSandboxWarmPool: extensionsv1.GroupName, extensionsv1.KindSandboxTemplate: extensionsv1.GroupName,
	audit.KindNetworkPolicy: networkingv1.GroupName,
}

// names returns the objects as kubectl's -o name has them, each once.
func names(findings []audit.Finding) []string {
	var list []string
	seen := map[audit.Object]bool{}
	for _, finding := range findings {
		if seen[finding.Object] {
			continue
		}
		seen[finding.Object] = true
		kind := strings.ToLower(finding.Object.Kind)
		if group := groups[finding.Object.Kind]; group != "" {
			kind += "." + group
		}
		list = append(list, kind+"/"+finding.Object.Name)
	}
	return list
}
