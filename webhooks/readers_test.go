package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	controllerUser = "system:serviceaccount:namesake-system:namesake"
	collectorUser  = "system:serviceaccount:kube-system:generic-garbage-collector"
	someUser       = "alice"
)

// shelf is a client.Reader over objects in memory. It counts how often it is asked, and fails with err if that is set.
type shelf struct {
	objects []client.Object
	err     error
	asked   int
}

func shelfOf(objects ...client.Object) *shelf { return &shelf{objects: objects} }

func (s *shelf) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	s.asked++
	if s.err != nil {
		return s.err
	}
	for _, obj := range s.objects {
		if reflect.TypeOf(obj) == reflect.TypeOf(into) && client.ObjectKeyFromObject(obj) == key {
			reflect.ValueOf(into).Elem().Set(reflect.ValueOf(obj.DeepCopyObject()).Elem())
			return nil
		}
	}
	return apierrors.NewNotFound(schema.GroupResource{Resource: fmt.Sprintf("%T", into)}, key.Name)
}

// List lists templates by the hash of their names, as the cache does. It supports nothing else, because webhooks list
// nothing else.
func (s *shelf) List(_ context.Context, into client.ObjectList, options ...client.ListOption) error {
	s.asked++
	if s.err != nil {
		return s.err
	}
	var o client.ListOptions
	o.ApplyOptions(options)
	list, ok := into.(*extensionsv1.SandboxTemplateList)
	if !ok {
		return fmt.Errorf("webhooks do not list %T", into)
	}
	for _, obj := range s.objects {
		template, ok := obj.(*extensionsv1.SandboxTemplate)
		if ok && template.Namespace == o.Namespace && o.FieldSelector.Matches(fields.Set{nameHash: rules.Hash(template.Name)}) {
			list.Items = append(list.Items, *template)
		}
	}
	return nil
}

func actorOf(req admission.Request) rules.Actor {
	return rules.ActorFor(req.UserInfo.Username, controllerUser)
}

func now() time.Time { return builder.Epoch }

// request returns a request by user. old is nil on create.
func request(t *testing.T, user string, old, obj client.Object) admission.Request {
	t.Helper()
	req := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID: "request", Namespace: obj.GetNamespace(), Name: obj.GetName(), Operation: admissionv1.Create,
		UserInfo: authenticationv1.UserInfo{Username: user}, Object: runtime.RawExtension{Raw: encode(t, obj)},
	}}
	if !reflect.ValueOf(&old).Elem().IsNil() && !reflect.ValueOf(old).IsNil() {
		req.Operation = admissionv1.Update
		req.OldObject = runtime.RawExtension{Raw: encode(t, old)}
	}
	return req
}

func encode(t *testing.T, obj any) []byte {
	t.Helper()
	raw, err := json.Marshal(obj)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// answer returns what matters of a response: the code, and the type and the field of each cause.
func answer(response admission.Response) string {
	if response.Allowed {
		return "allowed"
	}
	said := fmt.Sprint(response.Result.Code)
	if response.Result.Details != nil {
		for _, cause := range response.Result.Details.Causes {
			if cause.Field != "" {
				said += fmt.Sprintf(" %s %s", cause.Type, cause.Field)
			}
		}
	}
	return said
}
