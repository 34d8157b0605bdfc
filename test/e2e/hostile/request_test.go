package hostile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// answer is what came back for a request. The code is that of HTTP, or 0 if nothing came back.
type answer struct {
	code    int
	message string
	took    time.Duration
}

func (a answer) ok() bool { return a.code >= 200 && a.code < 300 }

// sender sends bytes to the API server as one user. A typed client could not even build what is sent here: it would compute
// the quantities itself.
type sender struct {
	client    *http.Client
	host      string
	namespace string
}

// patience is how long a sender waits. The API server gives up on a webhook after 10 s, and on a request after 60 s.
const patience = 70 * time.Second

func newSender(t *testing.T, config *rest.Config, namespace string) *sender {
	t.Helper()
	c, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	c.Timeout = patience
	return &sender{client: c, host: config.Host, namespace: namespace}
}

// post creates an object of that resource in the sender's namespace, in a dry run if query says so.
func (s *sender) post(ctx context.Context, r apiResource, query string, body []byte) answer {
	return s.send(ctx, http.MethodPost, r.path(s.namespace)+query, "application/json", body)
}

// patch patches an object of that resource in the sender's namespace.
func (s *sender) patch(ctx context.Context, r apiResource, name, contentType string, body []byte) answer {
	return s.send(ctx, http.MethodPatch, r.path(s.namespace)+"/"+name, contentType, body)
}

func (s *sender) send(ctx context.Context, method, path, contentType string, body []byte) answer {
	request, err := http.NewRequestWithContext(ctx, method, s.host+path, bytes.NewReader(body))
	if err != nil {
		return answer{message: err.Error()}
	}
	request.Header.Set("Content-Type", contentType)
	return exchange(s.client, request, messageOfStatus)
}

// exchange sends a body of JSON to a URL. message reads what the answer's body says, with its code.
func (s *sender) exchange(ctx context.Context, method, url string, content []byte, message func(int, []byte) (int, string)) answer {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(content))
	if err != nil {
		return answer{message: err.Error()}
	}
	request.Header.Set("Content-Type", "application/json")
	return exchange(s.client, request, message)
}

// exchange sends a request. message reads what the body says, with its code.
func exchange(c *http.Client, request *http.Request, message func(code int, body []byte) (int, string)) answer {
	began := time.Now()
	response, err := c.Do(request)
	if err != nil {
		return answer{message: err.Error(), took: time.Since(began)}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	a := answer{took: time.Since(began)}
	if err != nil {
		a.message = err.Error()
		return a
	}
	a.code, a.message = message(response.StatusCode, body)
	return a
}

// messageOfStatus reads the answer of the API server.
func messageOfStatus(code int, body []byte) (int, string) {
	if code >= 200 && code < 300 {
		return code, "accepted"
	}
	status := metav1.Status{}
	if err := json.Unmarshal(body, &status); err != nil || status.Message == "" {
		return code, strings.TrimSpace(string(body))
	}
	return code, status.Message
}

// by runs what a typed client does, and returns its answer.
func by(do func() error) answer {
	began := time.Now()
	err := do()
	a := answer{code: http.StatusOK, message: "accepted", took: time.Since(began)}
	var status apierrors.APIStatus
	switch {
	case errors.As(err, &status):
		a.code, a.message = int(status.Status().Code), status.Status().Message
	case err != nil:
		a.code, a.message = 0, err.Error()
	}
	return a
}

// apiResource is a kind of Namesake's objects, as paths name it.
type apiResource struct{ group, version, name string }

var (
	sandboxes = apiResource{"agents.x-k8s.io", "v1beta1", "sandboxes"}
	templates = apiResource{"extensions.agents.x-k8s.io", "v1beta1", "sandboxtemplates"}
	pools     = apiResource{"extensions.agents.x-k8s.io", "v1beta1", "sandboxwarmpools"}
	claims    = apiResource{"extensions.agents.x-k8s.io", "v1beta1", "sandboxclaims"}
)

func (r apiResource) path(namespace string) string {
	return fmt.Sprintf("/apis/%s/%s/namespaces/%s/%s", r.group, r.version, namespace, r.name)
}

const dryRun = "?dryRun=All"
