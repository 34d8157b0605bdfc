package scope

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/clock"
	"sigs.k8s.io/yaml"
)

// answer is what the API server says to the n-th question, from 1, about the rights in a namespace.
type answer func(n int64, asked *authorizationv1.ResourceAttributes) (allowed bool, err error)

func TestSplit(t *testing.T) {
	unless := func(denied func(*authorizationv1.ResourceAttributes) bool) answer {
		return func(_ int64, asked *authorizationv1.ResourceAttributes) (bool, error) { return !denied(asked), nil }
	}
	down := errors.New("connection refused")
	for name, tt := range map[string]struct {
		answer          answer
		served, leftOut []string
		fails           bool
	}{
		"all rights": {
			answer: unless(func(*authorizationv1.ResourceAttributes) bool { return false }),
			served: []string{"a", "b", "c"},
		},
		"none in one": {
			answer: unless(func(asked *authorizationv1.ResourceAttributes) bool { return asked.Namespace == "b" }),
			served: []string{"a", "c"}, leftOut: []string{"b"},
		},
		"one kind cannot be watched": {
			answer: unless(func(asked *authorizationv1.ResourceAttributes) bool {
				return asked.Namespace == "c" && asked.Resource == "networkpolicies" && asked.Verb == "watch"
			}),
			served: []string{"a", "b"}, leftOut: []string{"c"},
		},
		"one kind cannot be listed": {
			answer: unless(func(asked *authorizationv1.ResourceAttributes) bool {
				return asked.Namespace == "a" && asked.Resource == "sandboxclaims" && asked.Verb == "list"
			}),
			served: []string{"b", "c"}, leftOut: []string{"a"},
		},
		"none anywhere": {
			answer: unless(func(*authorizationv1.ResourceAttributes) bool { return true }),
			fails:  true,
		},
		"granted a moment later": {
			answer: func(n int64, _ *authorizationv1.ResourceAttributes) (bool, error) { return n > 5, nil },
			served: []string{"a", "b", "c"},
		},
		"the API server is back a moment later": {
			answer: func(n int64, _ *authorizationv1.ResourceAttributes) (bool, error) {
				if n <= 5 {
					return false, down
				}
				return true, nil
			},
			served: []string{"a", "b", "c"},
		},
		"the API server does not answer": {
			answer: func(int64, *authorizationv1.ResourceAttributes) (bool, error) { return false, down },
			fails:  true,
		},
		"nobody may ask": {
			answer: func(int64, *authorizationv1.ResourceAttributes) (bool, error) {
				return false, apierrors.NewForbidden(schema.GroupResource{Resource: "selfsubjectaccessreviews"}, "", nil)
			},
			served: []string{"a", "b", "c"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				served, leftOut, err := rights(tt.answer).Split(t.Context(), []string{"a", "b", "c"})
				if (err != nil) != tt.fails {
					t.Fatalf("error %v, want one: %t", err, tt.fails)
				}
				if diff := cmp.Diff([][]string{tt.served, tt.leftOut}, [][]string{served, leftOut}); diff != "" {
					t.Errorf("served and left out (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A program that is told to stop does not wait for rights.
func TestSplitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, _, err := rights(func(int64, *authorizationv1.ResourceAttributes) (bool, error) {
			cancel()
			return false, nil
		}).Split(ctx, []string{"a"})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that it was told to stop", err)
		}
	})
}

// rights returns Rights of which the API server says what answer does.
func rights(answer answer) *Rights {
	var questions atomic.Int64
	return &Rights{
		Clock: clock.RealClock{}, Log: logr.Discard(),
		Review: func(
			_ context.Context, review *authorizationv1.SelfSubjectAccessReview, _ metav1.CreateOptions,
		) (*authorizationv1.SelfSubjectAccessReview, error) {
			allowed, err := answer(questions.Add(1), review.Spec.ResourceAttributes)
			if err != nil {
				return nil, err
			}
			review = review.DeepCopy()
			review.Status.Allowed = allowed
			return review, nil
		},
	}
}

// Watched is what the manager's ClusterRole lets it watch, but for what is in no namespace.
func TestWatched(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "config", "rbac", "role.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var role rbacv1.ClusterRole
	if err := yaml.Unmarshal(text, &role); err != nil {
		t.Fatal(err)
	}
	granted := sets.New[schema.GroupResource]()
	for _, rule := range role.Rules {
		if !slices.Contains(rule.Verbs, "watch") {
			continue
		}
		for _, resource := range rule.Resources {
			granted.Insert(schema.GroupResource{Group: rule.APIGroups[0], Resource: resource})
		}
	}
	granted.Delete(
		schema.GroupResource{Resource: "nodes"},
		schema.GroupResource{Group: "admissionregistration.k8s.io", Resource: "mutatingwebhookconfigurations"},
		schema.GroupResource{Group: "admissionregistration.k8s.io", Resource: "validatingwebhookconfigurations"})
	if diff := cmp.Diff(granted, sets.New(Watched()...)); diff != "" {
		t.Errorf("watched in namespaces (-granted +asked for):\n%s", diff)
	}
}
