package tree

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// world is a template with a pool of four: two Ready in it, one that does not start, and one that a claim has; a claim that names the
// template and waits; and a Sandbox of nobody.
func world() *objects.Snapshot {
	pool := builder.MakePool("python").Template("python").Replicas(3).StatusReplicas(3, 2).CreatedAt(now.Add(-time.Hour)).
		Condition(extensionsv1.ConditionReady, metav1.ConditionFalse, extensionsv1.ReasonPoolNotReady).Obj()
	claim := builder.MakeClaim("agent").Pool("python").CreatedAt(now.Add(-2*time.Minute)).
		Condition(extensionsv1.ConditionReady, metav1.ConditionTrue, sandboxv1.ReasonDependenciesReady).Obj()
	waiting := builder.MakeClaim("late").Template("python").CreatedAt(now.Add(-time.Second)).
		Condition(extensionsv1.ConditionReady, metav1.ConditionFalse, extensionsv1.ReasonTemplateNotFound).Obj()
	s := &objects.Snapshot{
		Templates: []extensionsv1.SandboxTemplate{*builder.MakeTemplate("python").CreatedAt(now.Add(-24 * time.Hour)).Obj()},
		Pools:     []extensionsv1.SandboxWarmPool{*pool}, Claims: []extensionsv1.SandboxClaim{*waiting, *claim},
	}
	for _, name := range []string{"python-a", "python-b", "python-c"} {
		sandbox := builder.MakeSandbox(name).Pool(pool).CreatedAt(now.Add(-time.Hour)).Ready().Obj()
		if name == "python-c" {
			sandbox = builder.MakeSandbox(name).Pool(pool).CreatedAt(now.Add(-time.Hour)).
				Condition(sandboxv1.ConditionReady, metav1.ConditionFalse, sandboxv1.ReasonDependenciesNotReady).Obj()
		}
		add(s, sandbox)
	}
	add(s, builder.MakeSandbox("python-d").Pool(pool).ClaimedBy(claim).CreatedAt(now.Add(-time.Hour)).Ready().Obj())
	add(s, builder.MakeSandbox("runner").CreatedAt(now.Add(-time.Hour)).Ready().Obj())
	return s
}

// add adds a Sandbox, and its Pod, which is Ready as the Sandbox is.
func add(s *objects.Snapshot, sandbox *sandboxv1.Sandbox) {
	pod := builder.MakePod(sandbox.Name).ControlledBy(sandbox).CreatedAt(sandbox.CreationTimestamp.Time)
	if sandbox.Status.PodUID != "" {
		pod = pod.Ready()
	} else {
		pod = pod.Phase(corev1.PodPending).Container(corev1.ContainerStatus{State: corev1.ContainerState{
			Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: "no such image"},
		}})
	}
	s.Sandboxes, s.Pods = append(s.Sandboxes, *sandbox), append(s.Pods, *pod.Obj())
}

func TestTrees(t *testing.T) {
	for name, tc := range map[string]struct {
		asked *objects.Ref
		most  int
		all   bool
		want  string
	}{
		"everything": {most: math.MaxInt, want: `NAME                     READY   REASON                 AGE
SandboxWarmPool/python   2/3     PoolNotReady           60m
├─SandboxClaim/agent     True    DependenciesReady      2m
│ └─Sandbox/python-d     True    DependenciesReady      60m
│   └─Pod/python-d       True    Running                60m
├─Sandbox/python-c       False   DependenciesNotReady   60m
│ └─Pod/python-c         False   ErrImagePull           60m
├─Sandbox/python-a       True    DependenciesReady      60m
│ └─Pod/python-a         True    Running                60m
└─Sandbox/python-b       True    DependenciesReady      60m
  └─Pod/python-b         True    Running                60m
SandboxClaim/late        False   TemplateNotFound       1s
Sandbox/runner           True    DependenciesReady      60m
└─Pod/runner             True    Running                60m
`},
		"a template": {asked: &objects.Ref{Kind: objects.Template, Name: "python"}, most: 1, want: `NAME                           READY   REASON                 AGE
SandboxTemplate/python         -       -                      24h
├─SandboxWarmPool/python       2/3     PoolNotReady           60m
│ ├─SandboxClaim/agent         True    DependenciesReady      2m
│ │ └─Sandbox/python-d         True    DependenciesReady      60m
│ │   └─Pod/python-d           True    Running                60m
│ ├─Sandbox/python-c           False   DependenciesNotReady   60m
│ │ └─Pod/python-c             False   ErrImagePull           60m
│ └─2 more, --all shows them   2/2     -                      -
└─SandboxClaim/late            False   TemplateNotFound       1s
`},
		"a claim": {asked: &objects.Ref{Kind: objects.Claim, Name: "agent"}, most: 1, all: true, want: `NAMESPACE   NAME                 READY   REASON              AGE
default     SandboxClaim/agent   True    DependenciesReady   2m
default     └─Sandbox/python-d   True    DependenciesReady   60m
default       └─Pod/python-d     True    Running             60m
`},
	} {
		t.Run(name, func(t *testing.T) {
			f := grow(world())
			roots := &Node{Children: f.roots}
			if tc.asked != nil {
				root, err := f.of(builder.DefaultNamespace, *tc.asked)
				if err != nil {
					t.Fatal(err)
				}
				roots.Children = []*Node{root}
			}
			roots.cut(limits{math.MaxInt, tc.most})
			var out bytes.Buffer
			if err := table(roots.Children, tc.all, now).Print(&out, colour.Never.For(&out), false); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnObjectThatIsNotThere(t *testing.T) {
	_, err := grow(world()).of("default", objects.Ref{Kind: objects.Claim, Name: "agents"})
	if err == nil || err.Error() != `no claim/agents in namespace "default"` {
		t.Errorf("got %v", err)
	}
}

// A pool of 10,000 takes a screen, and its count tells the rest.
func TestALargePoolIsCut(t *testing.T) {
	s := &objects.Snapshot{}
	pool := builder.MakePool("large").Replicas(10000).Obj()
	s.Pools = append(s.Pools, *pool)
	for i := range 10000 {
		add(s, builder.MakeSandbox(fmt.Sprintf("large-%05d", i)).Pool(pool).Ready().Obj())
	}
	root := grow(s).roots[0]
	const most = 10
	root.cut(limits{most, most})
	if len(root.Children) != most || root.Left != 10000-most || root.LeftReady != root.Left {
		t.Errorf("%d children, %d left, %d of them Ready", len(root.Children), root.Left, root.LeftReady)
	}
	if got := len(names([]*Node{root})); got != 1+2*most {
		t.Errorf("%d names", got)
	}
}

// Owners that name each other, which no controller writes, are no circle here: a claim stands under its pool or nothing.
func TestOwnersInACircle(t *testing.T) {
	s := &objects.Snapshot{}
	claim := builder.MakeClaim("a").Pool("nowhere").Obj()
	sandbox := builder.MakeSandbox("a").ClaimedBy(claim).Obj()
	claim.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(sandbox, sandboxv1.GroupVersion.WithKind("Sandbox"))}
	s.Claims, s.Sandboxes = append(s.Claims, *claim), append(s.Sandboxes, *sandbox)
	if got := names(grow(s).roots); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

func TestColours(t *testing.T) {
	for ready, want := range map[string]colour.Colour{
		"True": colour.Green, "False": colour.Red, "Unknown": colour.Yellow, "2/3": colour.Yellow, "3/3": colour.None, "": colour.None,
	} {
		if got := (&Node{Ready: ready}).colour(); got != want {
			t.Errorf("%q: got %s, want %s", ready, got, want)
		}
	}
}
