package hostile

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	admissionv1 "k8s.io/api/admission/v1"
)

const kindDirect = "webhook's port"

// direct are requests that any Pod can send to a manager, without a certificate and without asking the API server. A manager
// that verifies its callers refuses them; another answers, within bounds.
func direct() []input {
	want := expectation{accepted: true, says: anything}
	send := func(name, path string, content []byte) input {
		return input{kind: kindDirect, name: name, want: want, send: func(ctx context.Context, w *world) answer {
			return w.call(ctx, path, content)
		}}
	}
	labels := claim(object{"additionalPodMetadata": object{"labels": entries(50_000)}})
	return []input{
		send("claim with 50,000 labels", "/mutate-sandboxclaim", reviewOf("SandboxClaim", "default", labels)).atOnce(8),
		send("claim's volume 1e-900000000", "/mutate-sandboxclaim", reviewOf("SandboxClaim", "default", claim(volumes("requests", "1e-900000000")))).atOnce(8),
		send("template, 5,000 tolerations {}", "/validate-sandboxtemplate",
			reviewOf("SandboxTemplate", "default", template(object{"tolerations": empties(5000)}))),
		send("Sandbox, 400,000 tolerations {}", "/validate-sandbox",
			reviewOf("Sandbox", "default", sandbox(object{"tolerations": empties(400_000)}))).atOnce(8),
		send("20 MB of nothing", "/mutate-sandboxclaim", []byte(strings.Repeat(" ", 20_000_000))).atOnce(8),
		send("lists in each other, 1,000,000 deep", "/validate-pod", []byte(strings.Repeat("[", 1_000_000))),
	}
}

// reviewOf returns the review of a create, as the API server would send it.
func reviewOf(kind, namespace string, content []byte) []byte {
	return body(object{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": object{
		"uid": "hostile", "operation": "CREATE", "namespace": namespace, "name": "",
		"kind":   object{"group": claims.group, "version": claims.version, "kind": kind},
		"object": json.RawMessage(content), "userInfo": object{"username": "nobody"},
	}})
}

// callers calls managers as nobody in particular. Who answers does not matter here.
var callers = sync.OnceValue(func() *http.Client {
	return &http.Client{Timeout: patience, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxConnsPerHost: 100,
	}}
})

// call posts a review to the first manager.
func (w *world) call(ctx context.Context, path string, content []byte) answer {
	s := &sender{client: callers()}
	a := s.exchange(ctx, http.MethodPost, fmt.Sprintf("https://%s%s", w.managers[0].Webhook, path), content, messageOfReview)
	if a.code == 0 && strings.Contains(a.message, "certificate required") {
		a.code = http.StatusForbidden
	}
	return a
}

// messageOfReview reads the answer of a webhook.
func messageOfReview(code int, body []byte) (int, string) {
	review := admissionv1.AdmissionReview{}
	switch err := json.Unmarshal(body, &review); {
	case err != nil || review.Response == nil:
		return code, "no review: " + strings.TrimSpace(string(body))
	case review.Response.Allowed:
		return code, "allowed"
	case review.Response.Result == nil:
		return http.StatusForbidden, "refused"
	}
	return int(review.Response.Result.Code), review.Response.Result.Message
}
