package conformance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	auditcommand "github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/conformance"
)

// guaranteeChecks returns a check for each violation that the audit looks for.
func guaranteeChecks() []conformance.Check {
	var checks []conformance.Check
	for _, check := range audit.Checks() {
		if check.Severity == audit.Violation {
			finds := strings.ToLower(check.Finds[:1]) + strings.ReplaceAll(check.Finds[1:], "`", "")
			checks = append(checks, conformance.Check{ID: "Audit" + check.ID, Says: "The audit does not find " + finds})
		}
	}
	return checks
}

// guarantees audits namespace, or all if it is empty.
func guarantees(ctx context.Context, reader client.Reader, namespace string, settle time.Duration, timer clock.Clock) []conformance.Result {
	found, err := auditcommand.Look(ctx, reader, namespace, settle, timer)
	if err != nil {
		return all(guaranteeChecks(), conformance.Untried("%v", err))
	}
	return judge(&found)
}

// judge returns what an audit says of the guarantees. Where it could not read everything, what it did not find is not known.
func judge(found *auditcommand.Result) []conformance.Result {
	messages := map[string][]string{}
	for _, finding := range found.Findings {
		messages["Audit"+finding.Check] = append(messages["Audit"+finding.Check],
			fmt.Sprintf("%s in namespace %s: %s", finding.Object, finding.Object.Namespace, strings.TrimSuffix(finding.Message, ".")))
	}
	var results []conformance.Result
	for _, check := range guaranteeChecks() {
		outcome := conformance.Held()
		switch broken := messages[check.ID]; {
		case len(broken) > 0:
			outcome = conformance.Broken("%s", strings.Join(broken, "; "))
		case len(found.Notes) > 0:
			outcome = conformance.Untried("%s", strings.Join(found.Notes, "; "))
		}
		results = append(results, conformance.Result{Check: check, Outcome: outcome})
	}
	return results
}
