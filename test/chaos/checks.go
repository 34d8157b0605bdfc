package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/namesake-sandbox/namesake/test/chaos/site"
)

// audit lets the product's auditor look for what cannot be, and returns its violations. Without the plugin there are none.
func (r *chaosRun) audit(ctx context.Context) ([]string, error) {
	if r.options.plugin == "" {
		return nil, nil
	}
	command := exec.CommandContext(ctx, r.options.plugin, "audit", "-A", "-o", "json")
	command.Stderr = os.Stderr
	out, err := command.Output()
	const found = 1
	var ended *exec.ExitError
	if err != nil && (!errors.As(err, &ended) || ended.ExitCode() != found) {
		return nil, fmt.Errorf("running the auditor: %w", err)
	}
	var result struct {
		Findings []struct {
			Check    string `json:"check"`
			Severity string `json:"severity"`
			Message  string `json:"message"`
			Object   struct {
				Kind, Namespace, Name string
			} `json:"object"`
		} `json:"findings"`
		Notes []string `json:"notes"`
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return nil, fmt.Errorf("reading what the auditor says: %w", err)
	}
	violations := result.Notes // What it could not read, it could not check.
	for _, f := range result.Findings {
		line := fmt.Sprintf("auditor: %s %s: %s %s/%s: %s", f.Severity, f.Check, f.Object.Kind, f.Object.Namespace, f.Object.Name, f.Message)
		if f.Severity == "violation" {
			violations = append(violations, line)
		} else {
			fmt.Println(line)
		}
	}
	return violations, nil
}

// crashSigns are what the Go runtime writes before it ends a program by itself.
var crashSigns = []string{"panic:", "fatal error:", "WARNING: DATA RACE"}

// crashes returns the lines of the managers' logs that show a crash or a race.
func (r *chaosRun) crashes() ([]string, error) {
	managers, err := r.site.Managers()
	if err != nil {
		return nil, err
	}
	var found []string
	for _, m := range managers {
		lines, err := crashLines(m)
		if err != nil {
			return nil, err
		}
		found = append(found, lines...)
	}
	return found, nil
}

func crashLines(m site.Manager) ([]string, error) {
	log, err := os.Open(m.Log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	var found []string
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		line := lines.Text()
		if slices.ContainsFunc(crashSigns, func(sign string) bool { return strings.HasPrefix(line, sign) }) {
			found = append(found, m.Name+": "+line)
		}
	}
	return found, lines.Err()
}

// electsLeader says whether the managers were started to elect one.
func electsLeader(managers []site.Manager) bool {
	for _, m := range managers {
		if slices.Contains(m.Command, "--leader-elect=false") {
			return false
		}
	}
	return true
}
