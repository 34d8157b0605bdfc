package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// metrics are the samples of a process, by their name and labels as written.
type metrics map[string]float64

func parse(text io.Reader) (metrics, error) {
	parsed := metrics{}
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		space := strings.LastIndexByte(line, ' ')
		if space < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		value, err := strconv.ParseFloat(line[space+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		parsed[line[:space]] = value
	}
	return parsed, lines.Err()
}

// since returns what was counted after before.
func (m metrics) since(before metrics) metrics {
	counted := metrics{}
	for sample, value := range m {
		counted[sample] = value - before[sample]
	}
	return counted
}

// sum adds the samples of a metric for a webhook and an operation.
func (m metrics) sum(metric string, h hook) float64 {
	name, operation := fmt.Sprintf("name=%q", h.name+suffix), fmt.Sprintf("operation=%q", h.operation)
	var sum float64
	for sample, value := range m {
		its, found := strings.CutPrefix(sample, metric+"{")
		if found && strings.Contains(its, name) && strings.Contains(its, operation) {
			sum += value
		}
	}
	return sum
}

// mean returns the mean, in milliseconds, of a histogram in seconds for a webhook and an operation, or "-" if there is none.
func (m metrics) mean(histogram string, h hook) string {
	count := m.sum(histogram+"_count", h)
	if count == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", m.sum(histogram+"_sum", h)/count*1000)
}

// hook is a webhook that is called for one operation.
type hook struct{ name, operation string }

// suffix is the end of all webhooks' names.
const suffix = ".namesake." + sandboxv1.GroupName

// These are the metrics that are read from the API server. It times match conditions only where they keep a webhook away.
const (
	calls       = "apiserver_admission_webhook_admission_duration_seconds"
	exclusions  = "apiserver_admission_match_condition_exclusions_total"
	evaluations = "apiserver_admission_match_condition_evaluation_seconds"
)
