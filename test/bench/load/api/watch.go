package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Event is a change of an object.
type Event struct {
	// Type is ADDED, MODIFIED or DELETED.
	Type   string
	Object *Object
	// At is when the change arrived here, before it was decoded.
	At time.Time
}

// largest is how many bytes one event has at most.
const largest = 4 << 20

// Watch calls each for every change of objects of a kind in a namespace after a version, and returns when the API server ends
// the watch.
func (c *Client) Watch(ctx context.Context, kind Kind, namespace, version string, each func(Event)) error {
	query := url.Values{"watch": {"1"}, "resourceVersion": {version}, "timeoutSeconds": {"3600"}}
	response, err := c.send(ctx, http.MethodGet, kind.In(namespace)+"?"+query.Encode(), "", nil)
	if err != nil {
		return fmt.Errorf("watching %s: %w", kind.Resource, err)
	}
	defer response.Body.Close()
	return events(response.Body, time.Now, each)
}

// events reads the lines of a watch.
func events(stream io.Reader, now func() time.Time, each func(Event)) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(make([]byte, 64<<10), largest)
	for lines.Scan() {
		at := now()
		var line struct {
			Type   string          `json:"type"`
			Object json.RawMessage `json:"object"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return err
		}
		if line.Type == "ERROR" {
			var status struct {
				Code    int    `json:"code"`
				Message string `json:"message"`
			}
			if err := json.Unmarshal(line.Object, &status); err != nil {
				return err
			}
			return fmt.Errorf("the watch ended: %w", &Failure{Code: status.Code, Text: status.Message})
		}
		object := new(Object)
		if err := json.Unmarshal(line.Object, object); err != nil {
			return err
		}
		each(Event{Type: line.Type, Object: object, At: at})
	}
	return lines.Err()
}

// Is reports whether an error is an answer of the API server with that code.
func Is(err error, code int) bool {
	var failure *Failure
	return errors.As(err, &failure) && failure.Code == code
}

// IsNotFound reports whether there is no such object.
func IsNotFound(err error) bool { return Is(err, http.StatusNotFound) }
