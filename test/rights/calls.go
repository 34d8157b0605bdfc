package rights

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// CallsIn returns what the managers of a cluster asked for in a namespace since a time, and how often: verb and resource, as
// "create pods", and the status of the answer if the API server did not carry it out, as "create pods: 403 Forbidden". Watches
// that have not ended are not among them. The record may lag by a second or so.
func CallsIn(cluster, namespace string, since time.Time) (map[string]int, error) {
	logs, err := filepath.Glob(filepath.Join(cluster, "logs", "audit*.log"))
	if err != nil {
		return nil, err
	}
	calls := map[string]int{}
	for _, path := range logs {
		if err := countFile(path, namespace, since, calls); err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
	}
	return calls, nil
}

func countFile(path, namespace string, since time.Time, calls map[string]int) error {
	log, err := os.Open(path)
	if err != nil {
		return err
	}
	defer log.Close()
	return countCalls(log, namespace, since, calls)
}

// countCalls adds the calls of a log to calls. It leaves a last line that is still being written.
func countCalls(log io.Reader, namespace string, since time.Time, calls map[string]int) error {
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("%w: %s", err, line)
		}
		if e.ObjectRef.Namespace == namespace && !e.Received.Before(since) {
			calls[e.call()]++
		}
	}
}

// call returns what the call asked for, without the place, and how it failed if it did.
func (e event) call() string {
	call := right{verb: e.Verb, resource: e.ObjectRef.Resource, subresource: e.ObjectRef.Subresource}.String()
	if code := e.Status.Code; code >= http.StatusBadRequest {
		call += fmt.Sprintf(": %d %s", code, http.StatusText(code))
	}
	return call
}
