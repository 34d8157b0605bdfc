package suite

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Counts maps each kind of event to how often it happened.
type Counts map[string]int

// Writes counts the writes that the API server was asked for of Sandboxes, the objects that they own, pools, templates,
// NetworkPolicies, claims and events, as "PATCH sandboxes/status". A dry run does not count.
func Writes(t *testing.T) Counts {
	t.Helper()
	verbs := []string{"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"}
	others := []string{"pods", "services", "persistentvolumeclaims", "networkpolicies", "events"}
	counts := Counts{}
	for _, s := range scrape(t, "apiserver_request_total") {
		group, resource := s.labels["group"], s.labels["resource"]
		counted := group == sandboxv1.GroupName || group == extensionsv1.GroupName || slices.Contains(others, resource)
		if !counted || !slices.Contains(verbs, s.labels["verb"]) || s.labels["dry_run"] != "" {
			continue
		}
		if sub := s.labels["subresource"]; sub != "" {
			resource += "/" + sub
		}
		counts[s.labels["verb"]+" "+resource] += s.value
	}
	return counts
}

// Calls counts the calls of webhooks, as "sandboxclaim.mutate CREATE".
func Calls(t *testing.T) Counts {
	t.Helper()
	counts := Counts{}
	for _, s := range scrape(t, "apiserver_admission_webhook_request_total") {
		counts[strings.TrimSuffix(s.labels["name"], ".namesake."+sandboxv1.GroupName)+" "+s.labels["operation"]] += s.value
	}
	return counts
}

// KeptAway counts the requests that match conditions kept from a webhook, in the form of Calls.
func KeptAway(t *testing.T) Counts {
	t.Helper()
	counts := Counts{}
	for _, s := range scrape(t, "apiserver_admission_match_condition_exclusions_total") {
		counts[strings.TrimSuffix(s.labels["name"], ".namesake."+sandboxv1.GroupName)+" "+s.labels["operation"]] += s.value
	}
	return counts
}

// MatchErrors counts match conditions that could not be evaluated.
func MatchErrors(t *testing.T) int {
	t.Helper()
	count := 0
	for _, s := range scrape(t, "apiserver_admission_match_condition_evaluation_errors_total") {
		count += s.value
	}
	return count
}

// Since returns what was counted after before.
func (c Counts) Since(before Counts) Counts {
	since := maps.Clone(c)
	for key, value := range before {
		since[key] -= value
	}
	maps.DeleteFunc(since, func(_ string, value int) bool { return value == 0 })
	return since
}

// Expect fails t unless exactly want was counted since before. The API server counts a request after it has answered it, so
// Expect waits for missing counts. It does not wait when a count is too high.
func (c Counts) Expect(t *testing.T, count func(*testing.T) Counts, want Counts) {
	t.Helper()
	c.await(t, count, want, func(got Counts) bool { return maps.Equal(want, got) })
}

// ExpectAtLeast is Expect, and also accepts more of what is in want. The API server may try a patch of a new object twice, and
// then calls the webhooks twice.
func (c Counts) ExpectAtLeast(t *testing.T, count func(*testing.T) Counts, want Counts) {
	t.Helper()
	c.await(t, count, want, func(got Counts) bool {
		for key, value := range want {
			if got[key] < value {
				return false
			}
		}
		return len(got) == len(want)
	})
}

func (c Counts) await(t *testing.T, count func(*testing.T) Counts, want Counts, enough func(got Counts) bool) {
	t.Helper()
	var got Counts
	err := wait.PollUntilContextTimeout(t.Context(), moment, patience/10, true, func(context.Context) (bool, error) {
		got = count(t).Since(c)
		return enough(got), nil
	})
	if err != nil {
		t.Errorf("requests (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// sample is one line of the metrics.
type sample struct {
	labels map[string]string
	value  int
}

var label = regexp.MustCompile(`(\w+)="((?:[^"\\]|\\.)*)"`)

// scrape returns the samples of a metric of the API server.
func scrape(t *testing.T, metric string) []sample {
	t.Helper()
	httpClient, err := rest.HTTPClientFor(shared.admin)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(shared.admin.Host, "/")+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := httpClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("GET /metrics: %s", response.Status)
	}
	return samples(t, response.Body, metric)
}

func samples(t *testing.T, body io.Reader, metric string) []sample {
	t.Helper()
	var found []sample
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line, ok := strings.CutPrefix(lines.Text(), metric+"{")
		if !ok {
			continue
		}
		space := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[space+1:], 64)
		if err != nil {
			t.Fatalf("metric %s: %v", metric, err)
		}
		s := sample{labels: map[string]string{}, value: int(value)}
		for _, match := range label.FindAllStringSubmatch(line[:space], -1) {
			s.labels[match[1]] = match[2]
		}
		found = append(found, s)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}
