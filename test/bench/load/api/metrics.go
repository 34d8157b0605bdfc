package api

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Counters are what the API server has counted since its start.
type Counters struct {
	// Writes counts the writes by verb and resource, as in "PATCH pods/status". Events, Leases, reviews of access and dry runs
	// do not count: they belong to no claim, store nothing or are no write.
	Writes map[string]float64
	// Calls counts the calls of admission webhooks, by the webhook's name and the operation.
	Calls map[string]float64
}

// Counters reads the API server's metrics.
func (c *Client) Counters(ctx context.Context) (Counters, error) {
	response, err := c.send(ctx, http.MethodGet, "/metrics", "", nil)
	if err != nil {
		return Counters{}, err
	}
	defer response.Body.Close()
	return parse(response.Body)
}

const (
	requests = "apiserver_request_total{"
	calls    = "apiserver_admission_webhook_admission_duration_seconds_count{"
)

func parse(text io.Reader) (Counters, error) {
	counters := Counters{Writes: map[string]float64{}, Calls: map[string]float64{}}
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, requests) && !strings.HasPrefix(line, calls) {
			continue
		}
		end := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[end+1:], 64)
		if err != nil {
			return Counters{}, err
		}
		if strings.HasPrefix(line, calls) {
			counters.Calls[label(line, "name")+" "+label(line, "operation")] += value
		} else if write := nameOfWrite(line); write != "" {
			counters.Writes[write] += value
		}
	}
	return counters, lines.Err()
}

// nameOfWrite returns the verb and resource of a sample, or nothing if it is no write that counts.
func nameOfWrite(sample string) string {
	verb, resource := label(sample, "verb"), label(sample, "resource")
	switch verb {
	case "POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION":
	default:
		return ""
	}
	switch resource {
	case "", "events", "leases":
		return ""
	}
	if strings.HasSuffix(resource, "reviews") || label(sample, "dry_run") != "" {
		return ""
	}
	if sub := label(sample, "subresource"); sub != "" {
		resource += "/" + sub
	}
	return verb + " " + resource
}

// label returns the value of a label of a sample. The values read here hold no quotation marks.
func label(sample, name string) string {
	_, rest, found := strings.Cut(sample, name+`="`)
	for found {
		before := len(sample) - len(rest) - len(name) - len(`="`)
		if sample[before-1] == '{' || sample[before-1] == ',' {
			value, _, _ := strings.Cut(rest, `"`)
			return value
		}
		_, rest, found = strings.Cut(rest, name+`="`)
	}
	return ""
}

// Since returns what was counted after before, without what did not change.
func (c Counters) Since(before Counters) Counters {
	return Counters{Writes: since(c.Writes, before.Writes), Calls: since(c.Calls, before.Calls)}
}

func since(after, before map[string]float64) map[string]float64 {
	counted := map[string]float64{}
	for name, value := range after {
		if value != before[name] {
			counted[name] = value - before[name]
		}
	}
	return counted
}

// Sum adds up what was counted.
func Sum(counted map[string]float64) float64 {
	var sum float64
	for _, value := range counted {
		sum += value
	}
	return sum
}
