package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Client speaks to one API server, over several connections in turns.
type Client struct {
	// Server is its address.
	Server string

	connections []*http.Client
	next        atomic.Uint64
}

// New returns a client of the cluster that the kubeconfig's current context names.
func New(kubeconfig string, connections int) (*Client, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	config.UserAgent, config.DisableCompression = "namesake-bench", true
	c := &Client{Server: strings.TrimSuffix(base.String(), "/")}
	for range max(connections, 1) {
		// With a dialer of its own, a client shares no connection: client-go has one transport for each dialer.
		config.Dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext
		connection, err := rest.HTTPClientFor(config)
		if err != nil {
			return nil, err
		}
		c.connections = append(c.connections, connection)
	}
	return c, nil
}

// Close closes the connections.
func (c *Client) Close() {
	for _, connection := range c.connections {
		connection.CloseIdleConnections()
	}
}

// Failure is an answer of the API server that is no success.
type Failure struct {
	Code int
	Text string
}

func (f *Failure) Error() string { return fmt.Sprintf("HTTP %d: %s", f.Code, f.Text) }

// send sends a request and returns the answer, which is a success.
func (c *Client) send(ctx context.Context, method, path, contentType string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.Server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	connection := c.connections[c.next.Add(1)%uint64(len(c.connections))]
	response, err := connection.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		defer response.Body.Close()
		text, err := io.ReadAll(io.LimitReader(response.Body, 2000))
		if err != nil {
			return nil, err
		}
		return nil, &Failure{Code: response.StatusCode, Text: strings.TrimSpace(string(text))}
	}
	return response, nil
}

// do sends a request, and reads the answer into that, or drops it if that is nil.
func (c *Client) do(ctx context.Context, method, path, contentType string, body []byte, into any) error {
	response, err := c.send(ctx, method, path, contentType, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer response.Body.Close()
	if into == nil {
		_, err = io.Copy(io.Discard, response.Body) // Only a connection whose answer was read is used again.
	} else {
		err = json.NewDecoder(response.Body).Decode(into)
	}
	if err != nil {
		return fmt.Errorf("%s %s: reading the answer: %w", method, path, err)
	}
	return nil
}

// Get reads what is at a path into that.
func (c *Client) Get(ctx context.Context, path string, into any) error {
	return c.do(ctx, http.MethodGet, path, "", nil, into)
}

// Create creates an object at a path: its fields, without apiVersion and kind.
func (c *Client) Create(ctx context.Context, path string, kind Kind, fields map[string]any) error {
	object := map[string]any{"apiVersion": kind.Version, "kind": kind.Kind}
	maps.Copy(object, fields)
	body, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodPost, path, "application/json", body, nil)
}

// Patch merges fields into the object at a path.
func (c *Client) Patch(ctx context.Context, path string, fields map[string]any) error {
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodPatch, path, "application/merge-patch+json", body, nil)
}

// Delete deletes what is at a path: an object or a whole collection. It is no error that there is nothing.
func (c *Client) Delete(ctx context.Context, path string) error {
	err := c.do(ctx, http.MethodDelete, path, "application/json", []byte(`{"propagationPolicy":"Background"}`), nil)
	if IsNotFound(err) {
		return nil
	}
	return err
}

// page is how many objects one answer to List has at most.
const page = 500

// List returns the objects of a kind in a namespace, and the version from which to watch.
func (c *Client) List(ctx context.Context, kind Kind, namespace string) (objects []Object, version string, err error) {
	for next := ""; ; {
		var list struct {
			Metadata struct {
				ResourceVersion string `json:"resourceVersion"`
				Continue        string `json:"continue"`
			} `json:"metadata"`
			Items []Object `json:"items"`
		}
		query := url.Values{"limit": {fmt.Sprint(page)}, "continue": {next}}
		if err := c.Get(ctx, kind.In(namespace)+"?"+query.Encode(), &list); err != nil {
			return nil, "", err
		}
		objects = append(objects, list.Items...)
		if next = list.Metadata.Continue; next == "" {
			return objects, list.Metadata.ResourceVersion, nil
		}
	}
}
