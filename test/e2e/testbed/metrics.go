package testbed

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
)

// Metrics are the samples of a process, by their name and labels as written.
type Metrics map[string]float64

// APIServerMetrics reads the metrics of the API server.
func (b *Bed) APIServerMetrics(t *testing.T) Metrics {
	t.Helper()
	c, err := rest.HTTPClientFor(b.admin)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, c, b.admin.Host+"/metrics")
}

// ReadMetrics reads the metrics of the manager.
func (m *Manager) ReadMetrics(t *testing.T) Metrics {
	t.Helper()
	return read(t, http.DefaultClient, "http://"+m.Metrics+"/metrics")
}

// Leads says whether the manager is the leader, which reconciles.
func (m *Manager) Leads(t *testing.T) bool {
	t.Helper()
	const name = "namesake_leader"
	metrics := m.ReadMetrics(t)
	if !metrics.Has(name) {
		t.Fatalf("a manager has no metric %s", name)
	}
	return metrics.Sum(name) == 1
}

// Sum adds the samples of that name that have all these labels, each written as key="value".
func (m Metrics) Sum(name string, labels ...string) float64 {
	var sum float64
	for sample, value := range m {
		its, found := strings.CutPrefix(sample, name)
		if found && (its == "" || its[0] == '{') && hasAll(its, labels) {
			sum += value
		}
	}
	return sum
}

// hasAll reports whether braced, the labels of a sample in braces, contains each of labels.
func hasAll(braced string, labels []string) bool {
	for _, label := range labels {
		if !strings.Contains(braced, "{"+label) && !strings.Contains(braced, ","+label) {
			return false
		}
	}
	return true
}

func read(t *testing.T, c *http.Client, url string) Metrics {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("reading %s: %s, %v", url, response.Status, err)
	}
	metrics := Metrics{}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, len(content)+1)
	for lines.Scan() {
		line := lines.Text()
		last := strings.LastIndexByte(line, ' ')
		if last < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		value, err := strconv.ParseFloat(line[last+1:], 64)
		if err != nil {
			t.Fatalf("reading %s: %q: %v", url, line, err)
		}
		metrics[line[:last]] = value
	}
	return metrics
}

// Has reports whether there is a sample of that metric, which may be a histogram.
func (m Metrics) Has(name string) bool {
	for sample := range m {
		its, _, _ := strings.Cut(sample, "{")
		if its == name || its == name+"_bucket" {
			return true
		}
	}
	return false
}
