package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// The change of an object that was found invalid is sent once, for each Sandbox's spec and each object, in whatever order the API server
// names what is wrong, and is said in the same words each time.
func TestInvalidChanges(t *testing.T) {
	r := &Reconciler{Now: func() time.Time { return builder.Epoch }}
	labels := field.NewPath("metadata", "labels")
	causes := field.ErrorList{field.Invalid(labels, "b c", "no"), field.Invalid(labels, "a b", "no"), field.Invalid(labels, "c d", "no")}
	const want = `Pod "a" is invalid: [metadata.labels: Invalid value: "a b": no, metadata.labels: Invalid value: "b c": no, ` +
		`metadata.labels: Invalid value: "c d": no]`
	for i, step := range []struct {
		generation int64
		obj        client.Object
		sent       bool
	}{
		{1, builder.MakePod("a").Obj(), true},
		{1, builder.MakePod("a").Obj(), false},
		{1, builder.MakePod("a").UID("recreated").Obj(), true},
		{1, &corev1.Service{ObjectMeta: builder.MakePod("a").Obj().ObjectMeta}, true},
		{2, builder.MakePod("a").Obj(), true},
		{2, builder.MakePod("a").Obj(), false},
	} {
		sent := false
		err := r.change(builder.MakeSandbox("a").Generation(step.generation).Obj(), step.obj, func() error {
			sent = true
			slices.Reverse(causes)
			return apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "a", causes)
		})
		if sent != step.sent || err == nil || err.Error() != want {
			t.Errorf("step %d: sent %t, %v", i, sent, err)
		}
	}
	created := false
	_ = r.invalid.try(builder.MakeSandbox("a").Generation(2).Obj(), "Pod", "a", builder.Epoch, func() error {
		created = true
		return nil
	})
	if !created {
		t.Error("since a change is invalid, the object is not created")
	}
}

// What was found invalid is not tried again for ten minutes, unless the Sandbox's spec changes; everything else is, and nothing is
// remembered for longer.
func TestInvalidObjects(t *testing.T) {
	invalid := apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "a", field.ErrorList{field.Required(field.NewPath("spec"), "")})
	now, memory := builder.Epoch, &invalidObjects{}
	try := func(sandbox *builder.SandboxWrapper, name string, answer error) (tried bool) {
		t.Helper()
		err := memory.try(sandbox.Obj(), "Pod", name, now, func() error {
			tried = true
			return answer
		})
		if fmt.Sprint(err) != fmt.Sprint(answer) {
			t.Errorf("got %v, want %v", err, answer)
		}
		return tried
	}
	a := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").Generation(1) }
	for i, step := range []struct {
		after   time.Duration
		sandbox *builder.SandboxWrapper
		name    string
		want    bool
	}{
		{0, a(), "a", true},
		{0, a(), "a", false},
		{0, a(), "another", true},
		{0, a().UID("recreated"), "a", true},
		{9 * time.Minute, a(), "a", false},
		{0, a().Generation(2), "a", true},
		{time.Minute, a(), "a", true},
		{9 * time.Minute, a(), "a", false},
		{0, a().Generation(2), "a", true},
	} {
		now = now.Add(step.after)
		if got := try(step.sandbox, step.name, invalid); got != step.want {
			t.Errorf("step %d: tried %t", i, got)
		}
	}
	for _, answer := range []error{nil, errors.New("lost"), apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "a", nil)} {
		for range 2 {
			if !try(builder.MakeSandbox("b"), "b", answer) {
				t.Errorf("after %v, it was not tried again", answer)
			}
		}
	}
	for i := range 100 {
		now = now.Add(time.Minute)
		try(builder.MakeSandbox(fmt.Sprint(i)), "a", invalid)
	}
	if len(memory.found) > 11 || len(memory.order) > 11 {
		t.Errorf("it remembers %d findings in %d entries, want those of ten minutes", len(memory.found), len(memory.order))
	}
	for i := range 3 * maxInvalid {
		try(builder.MakeSandbox(fmt.Sprint("many-", i)), "a", invalid)
	}
	if len(memory.found) > maxInvalid || len(memory.order) > maxInvalid {
		t.Errorf("it remembers %d findings in %d entries, want at most %d", len(memory.found), len(memory.order), maxInvalid)
	}
	if try(builder.MakeSandbox(fmt.Sprint("many-", 3*maxInvalid-1)), "a", invalid) {
		t.Error("the latest is forgotten")
	}
}
