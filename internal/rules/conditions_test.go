package rules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestCut(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"short":                               {"a pod", "a pod"},
		"as long as may be":                   {"0123456789", "0123456789"},
		"a byte too long":                     {"0123456789a", "0123456..."},
		"cut in the middle of a character":    {"012345äbcde", "012345..."},
		"a character that just fits is whole": {"01234äbcdef", "01234ä..."},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, rules.Cut(tc.text, 10)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// A message of the API server that is too long for a condition must be cut, because otherwise the whole status would be
// refused.
func TestLongMessages(t *testing.T) {
	long := strings.Repeat("ä", 32768)
	problem := &rules.ConditionError{Reason: extensionsv1.ReasonSandboxRefused, Message: long}
	pod := builder.MakePod("a").Conditions(corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Message: long})
	for name, conditions := range map[string][]metav1.Condition{
		"a Sandbox":                     rules.SandboxStatus(builder.MakeSandbox("a").Obj(), rules.Observed{Err: errors.New(long)}, later).Conditions,
		"a Sandbox, in its Pod's words": rules.SandboxStatus(builder.MakeSandbox("a").Obj(), rules.Observed{Pods: []*corev1.Pod{pod.Obj()}}, later).Conditions,
		"a claim":                       rules.ClaimStatus(builder.MakeClaim("a").Pool("a").Obj(), nil, problem, later).Conditions,
		"a pool":                        rules.PoolStatus(builder.MakePool("a").Obj(), rules.PoolPlan{}, problem, later).Conditions,
	} {
		t.Run(name, func(t *testing.T) {
			cut := 0
			for _, c := range conditions {
				if len(c.Message) > 32768 {
					t.Errorf("the message of %s has %d bytes", c.Type, len(c.Message))
				}
				if strings.HasSuffix(c.Message, "ä...") {
					cut++
				}
			}
			if cut != 1 {
				t.Errorf("%d messages are cut, want one", cut)
			}
		})
	}
}
