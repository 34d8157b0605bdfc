package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// invalidate makes twelve labels of the Pod of sandbox invalid.
func invalidate(sandbox *sandboxv1.Sandbox) {
	sandbox.Spec.PodTemplate.Metadata.Labels = dozen("k%d", "not valid %d")
}

// dozen returns a map of twelve numbered keys and values.
func dozen(key, value string) map[string]string {
	m := map[string]string{}
	for i := range 12 {
		m[strings.ReplaceAll(key, "%d", fmt.Sprint(i))] = strings.ReplaceAll(value, "%d", fmt.Sprint(i))
	}
	return m
}

// A Ready Sandbox whose spec changes so that its Pod or its Service cannot follow comes to rest: the API server is asked once, and the
// status says so once, in whatever order the API server names what is wrong. It follows as soon as the spec is mended.
func TestAnInvalidChangeComesToRest(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil, mend func(*sandboxv1.Sandbox)
		write       string
		mended      func(t *testing.T, n *suite.Namespace) bool
	}{
		"twelve labels": {
			spoil: invalidate, write: "PATCH pods",
			mend: func(s *sandboxv1.Sandbox) { s.Spec.PodTemplate.Metadata.Labels = map[string]string{"tier": "gold"} },
			mended: func(t *testing.T, n *suite.Namespace) bool {
				t.Helper()
				return suite.Get[corev1.Pod](t, n, "mine").Labels["tier"] == "gold"
			},
		},
		"the keys of twelve annotations": {
			spoil: func(s *sandboxv1.Sandbox) { s.Spec.PodTemplate.Metadata.Annotations = dozen("not valid %d", "a") }, write: "PATCH pods",
			mend: func(s *sandboxv1.Sandbox) {
				s.Spec.PodTemplate.Metadata.Annotations = map[string]string{"tier": "gold"}
			},
			mended: func(t *testing.T, n *suite.Namespace) bool {
				t.Helper()
				return suite.Get[corev1.Pod](t, n, "mine").Annotations["tier"] == "gold"
			},
		},
		"the ports of its Service": {
			spoil: func(s *sandboxv1.Sandbox) {
				s.Spec.PodTemplate.Spec.Containers[0].Ports = []corev1.ContainerPort{{Name: "p-", ContainerPort: 81}, {Name: "q-", ContainerPort: 82}}
			},
			write: "PATCH services",
			mend: func(s *sandboxv1.Sandbox) {
				s.Spec.PodTemplate.Spec.Containers[0].Ports = []corev1.ContainerPort{{Name: "web", ContainerPort: 81}}
			},
			mended: func(t *testing.T, n *suite.Namespace) bool {
				t.Helper()
				ports := suite.Get[corev1.Service](t, n, "mine").Spec.Ports
				return len(ports) == 1 && ports[0].Name == "web"
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			n, quiet := suite.New(t), suite.New(t)
			n.RunBeside(t, []*suite.Namespace{quiet}, hourly(t))
			suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Service(true).Obj())
			suite.Await(t, "it has its Pod and its Service", func() bool {
				status := suite.Get[sandboxv1.Sandbox](t, n, "mine").Status
				return status.PodUID != "" && status.Service != ""
			})
			n.RunPod(t, "mine")
			ready := func() bool { return isReady(suite.Get[sandboxv1.Sandbox](t, n, "mine").Status.Conditions) }
			suite.Await(t, "it is Ready", ready)
			before := suite.Writes(t)
			change(t, n, "mine", tc.spoil)
			suite.Await(t, "it says that it is invalid", func() bool {
				return refusedFor(suite.Get[sandboxv1.Sandbox](t, n, "mine").Status.Conditions, "Ready", "InvalidConfiguration")
			})
			told := suite.Get[sandboxv1.Sandbox](t, n, "mine").ResourceVersion
			serveOthers(t, quiet)
			if tries := suite.Writes(t).Since(before)[tc.write]; tries != 1 {
				t.Errorf("it was tried %d times", tries)
			}
			if now := suite.Get[sandboxv1.Sandbox](t, n, "mine").ResourceVersion; now != told {
				t.Errorf("it was written again: its version is %s, and was %s", now, told)
			}
			change(t, n, "mine", tc.mend)
			suite.Await(t, "it is mended", func() bool { return ready() && tc.mended(t, n) })
		})
	}
}

// What is invalid is sent again when ten minutes are over, and not for another event.
func TestAnInvalidLabelIsTriedAgain(t *testing.T) {
	s := newStory(t)
	s.ready(t)
	change(t, s.Namespace, "my-sandbox", invalidate)
	r := s.Sandboxes(s.ReadYourWrites)
	step := func(when string, want suite.Counts) {
		t.Helper()
		s.Settle(t)
		before := suite.Writes(t)
		result, err := r.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, s.Namespace, "my-sandbox"))
		if err != nil || result.RequeueAfter != 10*time.Minute {
			t.Errorf("%s: %+v, %v; want another look in 10m", when, result, err)
		}
		before.Expect(t, suite.Writes, want)
	}
	step("at first", suite.Counts{"PATCH pods": 1, "PATCH sandboxes/status": 1})
	said := readyOf(t, s.Namespace, "my-sandbox")
	const begins = `False InvalidConfiguration: Error seen: updating labels of Pod "my-sandbox": Pod "my-sandbox" is invalid: ` +
		`[metadata.labels: Invalid value: "not valid 0": `
	if !strings.HasPrefix(said, begins) {
		t.Errorf("Ready is %s", said)
	}
	s.Clock.Step(9 * time.Minute)
	step("later", suite.Counts{})
	s.Clock.Step(time.Minute)
	step("after ten minutes", suite.Counts{"PATCH pods": 1})
	r = s.Sandboxes(s.ReadYourWrites)
	step("by another manager", suite.Counts{"PATCH pods": 1})
	if got := readyOf(t, s.Namespace, "my-sandbox"); got != said {
		t.Errorf("Ready is %s, was %s", got, said)
	}
}

// A change of a volume that is invalid is sent once, too, and again after ten minutes.
func TestAnInvalidChangeOfAVolume(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, withVolume())
	n.Step(t, sandbox)
	causes, tries := field.ErrorList{}, 0
	for _, value := range []string{"a b", "b c", "c d"} {
		causes = append(causes, field.Invalid(field.NewPath("metadata", "labels"), value, "no"))
	}
	r := n.Sandboxes(suite.Before(n.ReadYourWrites, func(w suite.Write) error {
		if _, ok := w.Object.(*corev1.PersistentVolumeClaim); !ok || w.Verb != "patch" {
			return nil
		}
		tries++
		slices.Reverse(causes)
		return apierrors.NewInvalid(schema.GroupKind{Kind: "PersistentVolumeClaim"}, w.Object.GetName(), causes)
	}))
	change(t, n, "data-my-sandbox", func(volume *corev1.PersistentVolumeClaim) { delete(volume.Labels, sandboxv1.LabelSandboxUID) })
	for _, tc := range []struct {
		after time.Duration
		tries int
	}{{0, 1}, {time.Minute, 1}, {9 * time.Minute, 2}} {
		n.Clock.Step(tc.after)
		n.Settle(t)
		result, err := r.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox"))
		if err != nil || result.RequeueAfter != 10*time.Minute || tries != tc.tries {
			t.Errorf("%s later: %+v, %v; %d tries, want %d", tc.after, result, err, tries, tc.tries)
		}
		const want = `False InvalidConfiguration: Error seen: updating PersistentVolumeClaim "data-my-sandbox": PersistentVolumeClaim ` +
			`"data-my-sandbox" is invalid: [metadata.labels: Invalid value: "a b": no, metadata.labels: Invalid value: "b c": no, ` +
			`metadata.labels: Invalid value: "c d": no]`
		if got := readyOf(t, n, "my-sandbox"); got != want {
			t.Errorf("Ready is %s, want %s", got, want)
		}
	}
}
