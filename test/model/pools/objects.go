package pools

import (
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// versions is how many versions of the template there are, from 1.
const versions = 2

func poolName(at uint8) string    { return "p" + strconv.Itoa(int(at)+1) }
func sandboxName(at uint8) string { return "s" + strconv.Itoa(int(at)+1) }

func poolUID(at, life uint8) types.UID {
	return types.UID("pool-" + strconv.Itoa(int(at)) + "-" + strconv.Itoa(int(life)))
}

// objects makes the API's objects of the model's.
type objects struct {
	strategy  extensionsv1.UpdateStrategyType
	templates [versions + 1]*rules.TemplateSnapshot
}

func newObjects(onReplenish bool) *objects {
	o := &objects{strategy: extensionsv1.UpdateStrategyRecreate}
	if onReplenish {
		o.strategy = extensionsv1.UpdateStrategyOnReplenish
	}
	for version := 1; version <= versions; version++ {
		o.templates[version] = rules.NewTemplateSnapshot(builder.MakeTemplate("t").Image("v" + strconv.Itoa(version)).Obj())
	}
	return o
}

// pool returns the pool of that place, in that life, as the API has it.
func (o *objects) pool(at, life, want uint8) *extensionsv1.SandboxWarmPool {
	return builder.MakePool(poolName(at)).UID(poolUID(at, life)).Template("t").Replicas(int32(want)).UpdateStrategy(o.strategy).Obj()
}

// member returns the member of that place of the first pool, as that pool makes it.
func (o *objects) member(at uint8, v view) *sandboxv1.Sandbox {
	obj := rules.NewPoolSandbox(o.pool(0, 1, 1), o.templates[v.version], "0000"+strconv.Itoa(int(at)))
	obj.Generation, obj.CreationTimestamp = 1, metav1.NewTime(builder.Epoch)
	if v.ready {
		obj.Status.Conditions = []metav1.Condition{{
			Type: sandboxv1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 1, LastTransitionTime: metav1.NewTime(builder.Epoch),
		}}
	}
	if v.deleting {
		obj.DeletionTimestamp = &metav1.Time{Time: builder.Epoch}
	}
	return obj
}

// ownedBy returns a Sandbox of that owner.
func ownedBy(by owner) *sandboxv1.Sandbox {
	obj := builder.MakeSandbox("s")
	switch by.kind {
	case byPool:
		return obj.Pool(builder.MakePool(poolName(by.of)).UID(poolUID(by.of, by.life)).Obj()).Obj()
	case byClaim:
		return obj.ClaimedBy(builder.MakeClaim("c").Obj()).Obj()
	case nobody:
	}
	return obj.Obj()
}
