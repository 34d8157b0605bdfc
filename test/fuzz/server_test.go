package fuzz

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	own "github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
	"github.com/namesake-sandbox/namesake/webhooks"
)

// The bounds of one request. A request of n bytes may allocate allocatedAtMost + n*allocatedPerByte: decoding takes some ten times as
// much as JSON has, each of a few times. The time is what nobody should wait for, on a machine that is busy with other things.
const (
	allocatedAtMost  = 8 << 20
	allocatedPerByte = 400
	longest          = 8 * time.Second
)

const (
	manager   = "system:serviceaccount:namesake-system:namesake"
	collector = "system:serviceaccount:kube-system:generic-garbage-collector"
)

// server is what is registered, by path.
type server map[string]http.Handler

func (s server) Register(path string, hook http.Handler) { s[path] = hook }

var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, sandboxv1.AddToScheme, extensionsv1.AddToScheme} {
		if err := add(s); err != nil {
			panic(err)
		}
	}
	return s
}()

// newServer returns all webhooks, as the manager registers them, over a world.
func newServer(w *world, r *tape.Request, t *tape.Tape) server {
	s := server{}
	webhooks.Register(s, webhooks.Options{
		Scheme: scheme, Cache: reader{view: w.cached, broken: t.Byte() == 255}, Live: reader{view: w.live, broken: t.Byte() == 255},
		DryRun: answers(t.Below(6)), LabelDomains: rules.DefaultLabelDomains, Candidates: warm(r), ControllerUser: manager,
		Metrics: own.NewAdmission(), Now: func() time.Time { return builder.Epoch },
	})
	return s
}

// warm returns an index with two Sandboxes for the claim of a request, and one that is not for it.
func warm(r *tape.Request) *candidates.Index {
	index := candidates.New(0)
	index.IgnoreNodes()
	if r.Kind != "SandboxClaim" || r.Operation != string(admissionv1.Create) {
		return index
	}
	poolName, of := text(r.Object, "spec", "warmPoolRef", "name"), text(r.Object, "spec", "sandboxTemplateRef", "name")
	if poolName == "" {
		poolName = "pool"
	}
	if of == "" {
		of = "template"
	}
	add := func(pool, of string, names ...string) {
		p := builder.MakePool(pool).Namespace(tape.Namespace).Template(of).Obj()
		index.ObservePool(p)
		index.ObserveTemplate(builder.MakeTemplate(of).Namespace(tape.Namespace).Obj())
		for _, name := range names {
			index.Observe(builder.MakeSandbox(name).Pool(p).Ready().Obj())
		}
	}
	add(poolName, of, "warm-1", "warm-2")
	add("not-"+poolName, "not-"+of, "not-warm")
	return index
}

// answers is what the API server says of what a template makes.
type answers int

func (a answers) Create(context.Context, client.Object, ...client.CreateOption) error {
	switch a {
	case 1:
		return apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "x", field.ErrorList{field.Required(field.NewPath("spec", "containers"), "")})
	case 2:
		return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "x", errBroken)
	case 3:
		return apierrors.NewAlreadyExists(schema.GroupResource{Resource: "pods"}, "x")
	case 4:
		return apierrors.NewInternalError(errBroken)
	case 5:
		return errBroken
	}
	return nil
}

// allocated returns how many bytes this process has allocated so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// ask sends a body to a webhook, and holds its answer against the bounds. It returns nil if the body was no request.
func (s server) ask(t *testing.T, path string, body []byte) *admissionv1.AdmissionResponse {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	before, began := allocated(), time.Now() //nolint:forbidigo // How long an answer takes is measured.
	s[path].ServeHTTP(answer, request)
	if took := time.Since(began); took > longest { //nolint:forbidigo // As above.
		t.Errorf("%s took %s for %d bytes", path, took, len(body))
	}
	if took := allocated() - before; took > allocatedAtMost+uint64(len(body))*allocatedPerByte {
		t.Errorf("%s allocated %d bytes for %d", path, took, len(body))
	}
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(answer.Body.Bytes(), &review); err != nil || review.Response == nil {
		t.Fatalf("%s answers %d with no AdmissionReview: %v: %.300q", path, answer.Code, err, answer.Body.Bytes())
	}
	response := review.Response
	if response.Result != nil && strings.Contains(response.Result.Message, "panic:") {
		t.Fatalf("%s: %s", path, response.Result.Message)
	}
	if !response.Allowed && (response.Result == nil || response.Result.Code < 400 || response.Result.Message == "") {
		t.Errorf("%s refuses without a reason: %+v", path, response.Result)
	}
	return response
}
