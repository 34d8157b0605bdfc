package judge_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
)

var (
	start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

	pool  = judge.Owner{Kind: judge.Pool, Name: "pool", UID: "pool"}
	other = judge.Owner{Kind: judge.Pool, Name: "other", UID: "other"}
	alice = judge.Owner{Kind: judge.Claim, Name: "alice", UID: "alice"}
	bob   = judge.Owner{Kind: judge.Claim, Name: "bob", UID: "bob"}
	one   = judge.Owner{Kind: judge.Sandbox, Name: "one", UID: "one"}
	two   = judge.Owner{Kind: judge.Sandbox, Name: "two", UID: "two"}
)

// step is an event of a sequence, one second after the one before.
type step func(*judge.Judge, time.Time)

func sees(f judge.Facts) step {
	return func(j *judge.Judge, at time.Time) { j.Observe(f, false, at) }
}

func seesGone(f judge.Facts) step {
	return func(j *judge.Judge, at time.Time) { j.Observe(f, true, at) }
}

func lists(kind judge.Kind, uids ...types.UID) step {
	return func(j *judge.Judge, at time.Time) {
		present := map[types.UID]bool{}
		for _, uid := range uids {
			present[uid] = true
		}
		j.Missing(kind, present, at)
	}
}

func deletes(kind judge.Kind, name string, uid types.UID) step {
	return func(j *judge.Judge, at time.Time) {
		j.Note(judge.Note{Deed: judge.Deletes, Kind: kind, Namespace: "n", Name: name, UID: uid}, at)
	}
}

func acknowledged(kind judge.Kind, name string) step {
	return expiringAt(kind, name, time.Time{})
}

// expiringAt acknowledges what goes by itself at a time.
func expiringAt(kind judge.Kind, name string, shutdown time.Time) step {
	return func(j *judge.Judge, at time.Time) {
		j.Note(judge.Note{Deed: judge.Acknowledged, Kind: kind, Namespace: "n", Name: name, UID: types.UID(name), ShutdownTime: shutdown}, at)
	}
}

func does(deed judge.Deed) step {
	return func(j *judge.Judge, at time.Time) { j.Note(judge.Note{Deed: deed}, at) }
}

// waits is a step in which nothing happens for a time.
func waits(wait time.Duration, then step) step {
	return func(j *judge.Judge, at time.Time) { then(j, at.Add(wait)) }
}

// owned makes an object that owner controls.
func owned(kind judge.Kind, name string, owner judge.Owner) judge.Facts {
	f := judge.Facts{Kind: kind, Namespace: "n", Name: name, UID: types.UID(name)}
	if owner != (judge.Owner{}) {
		f.Controller, f.Owners = owner, []judge.Owner{owner}
	}
	return f
}

func sandbox(name string, owner judge.Owner) judge.Facts { return owned(judge.Sandbox, name, owner) }

func standalone(name string) judge.Facts {
	f := sandbox(name, judge.Owner{})
	f.Standalone, f.Ready = true, "True"
	return f
}

// pod makes a Pod with a UID of its own.
func pod(name, uid string, owner judge.Owner) judge.Facts {
	f := owned(judge.Pod, name, owner)
	f.UID = types.UID(uid)
	return f
}

// claim makes a Ready claim, bound to a Sandbox of that name, which is in its status if has.
func claim(name, bound string, has bool) judge.Facts {
	f := owned(judge.Claim, name, judge.Owner{})
	f.Binding, f.Ready = bound, "True"
	if has {
		f.StatusName, f.StatusUID = bound, types.UID(bound)
	}
	return f
}

func full(name string) judge.Facts {
	f := owned(judge.Pool, name, judge.Owner{})
	f.Replicas, f.ReadyReplicas = 2, 2
	return f
}

func with(f judge.Facts, change func(*judge.Facts)) judge.Facts {
	change(&f)
	return f
}

// again is another object of the same name.
func again(f judge.Facts) judge.Facts { return with(f, func(f *judge.Facts) { f.UID = "again" }) }

func ending(f judge.Facts) judge.Facts { return with(f, func(f *judge.Facts) { f.Deleting = true }) }

func expiring(f judge.Facts, after time.Duration, kept bool) judge.Facts {
	return with(f, func(f *judge.Facts) { f.ShutdownTime, f.Kept = start.Add(after), kept })
}

func TestJudge(t *testing.T) {
	cases := map[string]struct {
		steps []step
		want  []judge.Rule
	}{
		"a warm claim from its creation to its end": {steps: []step{
			sees(full("pool")), sees(sandbox("one", pool)), sees(pod("one", "pod", one)),
			sees(claim("alice", "one", false)), acknowledged(judge.Claim, "alice"),
			sees(sandbox("one", alice)), sees(claim("alice", "one", true)),
			deletes(judge.Claim, "alice", "alice"), seesGone(claim("alice", "one", true)),
			seesGone(sandbox("one", alice)), seesGone(pod("one", "pod", one)),
		}},
		"the status of the claim is seen before the adoption": {steps: []step{
			sees(full("pool")), sees(sandbox("one", pool)), sees(claim("alice", "one", true)), sees(sandbox("one", alice)),
		}},
		"a Pod is followed by another of its name": {steps: []step{
			sees(standalone("one")), sees(pod("one", "first", one)), seesGone(pod("one", "first", one)), sees(pod("one", "second", one)),
		}},
		"a Pod is followed by another, and its end was missed": {steps: []step{
			sees(standalone("one")), sees(pod("one", "first", one)), lists(judge.Pod, "second"), sees(pod("one", "second", one)),
		}},
		"a Sandbox has a second Pod": {want: []judge.Rule{judge.OnePod}, steps: []step{
			sees(standalone("one")), sees(pod("one", "first", one)), sees(pod("one", "second", one)),
		}},
		"a Sandbox has a Pod of another name": {want: []judge.Rule{judge.PodName}, steps: []step{
			sees(standalone("one")), sees(pod("two", "pod", one)),
		}},
		"a Pod calls its Sandbox by its own name": {want: []judge.Rule{judge.PodName}, steps: []step{
			sees(standalone("one")), sees(pod("two", "pod", judge.Owner{Kind: judge.Sandbox, Name: "two", UID: "one"})),
		}},
		"a Sandbox serves two claims": {want: []judge.Rule{judge.OneClaim, judge.OneAdoption}, steps: []step{
			sees(claim("alice", "one", true)), sees(claim("bob", "one", false)), sees(sandbox("one", alice)), sees(sandbox("one", bob)),
		}},
		"a Sandbox serves two claims, with a gap": {want: []judge.Rule{judge.OneClaim, judge.OneAdoption}, steps: []step{
			sees(claim("alice", "one", true)), sees(claim("bob", "one", false)),
			sees(sandbox("one", alice)), sees(sandbox("one", judge.Owner{})), sees(sandbox("one", bob)),
		}},
		"a Sandbox comes to another pool": {want: []judge.Rule{judge.OneAdoption}, steps: []step{
			sees(full("pool")), sees(full("other")), sees(sandbox("one", pool)), sees(sandbox("one", other)),
		}},
		"a Sandbox of nobody's is adopted": {want: []judge.Rule{judge.OneAdoption}, steps: []step{
			sees(claim("alice", "one", true)), sees(standalone("one")), sees(sandbox("one", alice)),
		}},
		"a claim has two Sandboxes": {want: []judge.Rule{judge.OneSandbox}, steps: []step{
			sees(claim("alice", "one", true)), sees(sandbox("one", alice)), sees(sandbox("two", alice)),
		}},
		"a claim gets another Sandbox before it had one, since a user deleted the first": {steps: []step{
			sees(claim("alice", "one", false)), sees(sandbox("one", alice)), deletes(judge.Sandbox, "one", "one"),
			sees(ending(sandbox("one", alice))), sees(claim("alice", "two", false)), sees(sandbox("two", alice)),
			seesGone(sandbox("one", alice)), sees(claim("alice", "two", true)),
		}},
		"a binding is rewritten after the status names a Sandbox": {want: []judge.Rule{judge.KeptBinding}, steps: []step{
			sees(sandbox("one", alice)), sees(claim("alice", "one", true)),
			sees(with(claim("alice", "one", true), func(f *judge.Facts) { f.Binding = "two" })),
		}},
		"a binding is removed after the status names a Sandbox": {want: []judge.Rule{judge.KeptBinding}, steps: []step{
			sees(sandbox("one", alice)), sees(claim("alice", "one", true)),
			sees(with(claim("alice", "one", true), func(f *judge.Facts) { f.Binding = "" })),
		}},
		"the status names another Sandbox": {want: []judge.Rule{judge.KeptSandbox}, steps: []step{
			sees(sandbox("one", alice)), sees(claim("alice", "one", true)), deletes(judge.Sandbox, "one", "one"), seesGone(sandbox("one", alice)),
			sees(sandbox("two", alice)),
			sees(with(claim("alice", "one", true), func(f *judge.Facts) { f.StatusName, f.StatusUID = "two", "two" })),
		}},
		"the status names another Sandbox of the same name": {want: []judge.Rule{judge.KeptSandbox}, steps: []step{
			sees(sandbox("one", alice)), sees(claim("alice", "one", true)), deletes(judge.Sandbox, "one", "one"), seesGone(sandbox("one", alice)),
			sees(with(sandbox("one", alice), func(f *judge.Facts) { f.UID = "again" })),
			sees(with(claim("alice", "one", true), func(f *judge.Facts) { f.StatusUID = "again" })),
		}},
		"the status names another Sandbox of the same name, which came without webhooks": {steps: []step{
			sees(sandbox("one", alice)), sees(claim("alice", "one", true)), does(judge.Unguarded),
			deletes(judge.Sandbox, "one", "one"), seesGone(sandbox("one", alice)), sees(again(sandbox("one", alice))), does(judge.Guarded),
			waits(time.Hour, sees(with(claim("alice", "one", true), func(f *judge.Facts) { f.StatusUID = "again" }))),
		}},
		"it came long after the webhooks": {want: []judge.Rule{judge.KeptSandbox}, steps: []step{
			sees(sandbox("one", alice)), sees(claim("alice", "one", true)), does(judge.Unguarded),
			deletes(judge.Sandbox, "one", "one"), seesGone(sandbox("one", alice)), does(judge.Guarded),
			waits(time.Minute, sees(again(sandbox("one", alice)))),
			sees(with(claim("alice", "one", true), func(f *judge.Facts) { f.StatusUID = "again" })),
		}},
		"nobody deleted the first": {want: []judge.Rule{judge.KeptSandbox, judge.Survival}, steps: []step{
			sees(sandbox("one", alice)), sees(claim("alice", "one", true)), does(judge.Unguarded),
			seesGone(sandbox("one", alice)), sees(again(sandbox("one", alice))),
			sees(with(claim("alice", "one", true), func(f *judge.Facts) { f.StatusUID = "again" })),
		}},
		"it has another name": {want: []judge.Rule{judge.KeptSandbox, judge.KeptBinding}, steps: []step{
			sees(sandbox("one", alice)), sees(claim("alice", "one", true)), does(judge.Unguarded),
			deletes(judge.Sandbox, "one", "one"), seesGone(sandbox("one", alice)), sees(sandbox("two", alice)), sees(claim("alice", "two", true)),
		}},
		"the status names a Sandbox of the pool": {want: []judge.Rule{judge.OwnedSandbox}, steps: []step{
			sees(full("pool")), sees(sandbox("one", pool)), sees(claim("alice", "one", true)),
		}},
		"the status names a Sandbox whose end was missed": {steps: []step{
			sees(full("pool")), sees(sandbox("one", pool)), lists(judge.Sandbox), sees(claim("alice", "one", true)),
		}},
		"a pool deletes a member": {steps: []step{
			sees(full("pool")), sees(sandbox("one", pool)), seesGone(sandbox("one", pool)),
		}},
		"a claimed Sandbox is deleted by nobody": {want: []judge.Rule{judge.Survival}, steps: []step{
			sees(claim("alice", "one", true)), sees(sandbox("one", alice)), sees(ending(sandbox("one", alice))), seesGone(sandbox("one", alice)),
		}},
		"a claimed Sandbox is deleted by nobody, in a gap": {want: []judge.Rule{judge.Survival}, steps: []step{
			sees(claim("alice", "one", true)), sees(sandbox("one", alice)), lists(judge.Sandbox),
		}},
		"a claimed Sandbox loses its owner and goes": {want: []judge.Rule{judge.Survival}, steps: []step{
			sees(claim("alice", "one", true)), sees(sandbox("one", alice)), sees(sandbox("one", judge.Owner{})), seesGone(sandbox("one", judge.Owner{})),
		}},
		"a standalone Sandbox is deleted by nobody": {want: []judge.Rule{judge.Survival}, steps: []step{
			sees(standalone("one")), seesGone(standalone("one")),
		}},
		"users delete Sandboxes": {steps: []step{
			sees(standalone("one")), deletes(judge.Sandbox, "one", "one"), seesGone(standalone("one")),
			sees(claim("alice", "two", true)), sees(sandbox("two", alice)), deletes(judge.Sandbox, "two", "two"), seesGone(sandbox("two", alice)),
			sees(with(claim("alice", "two", true), func(f *judge.Facts) { f.Ready, f.Reason = "False", "SandboxMissing" })),
		}},
		"a namespace is deleted": {steps: []step{
			acknowledged(judge.Claim, "alice"), sees(claim("alice", "one", true)), sees(sandbox("one", alice)), sees(standalone("two")),
			deletes(judge.Namespace, "n", ""), seesGone(claim("alice", "one", true)), seesGone(sandbox("one", alice)), seesGone(standalone("two")),
		}},
		"claims expire, one is kept": {steps: []step{
			acknowledged(judge.Claim, "alice"), acknowledged(judge.Claim, "bob"),
			sees(expiring(claim("alice", "one", true), 3*time.Second, false)), sees(expiring(claim("bob", "two", true), 3*time.Second, true)),
			sees(sandbox("one", alice)), sees(sandbox("two", bob)), seesGone(sandbox("two", bob)), seesGone(expiring(claim("alice", "one", true), 3*time.Second, false)),
			seesGone(sandbox("one", alice)),
			sees(with(expiring(claim("bob", "two", false), 3*time.Second, true), func(f *judge.Facts) { f.Ready, f.Reason = "False", "ClaimExpired" })),
		}},
		"a claim ends before its time": {want: []judge.Rule{judge.Survival, judge.NothingLost}, steps: []step{
			acknowledged(judge.Claim, "alice"), sees(expiring(claim("alice", "one", true), time.Hour, false)), sees(sandbox("one", alice)),
			seesGone(expiring(claim("alice", "one", true), time.Hour, false)), seesGone(sandbox("one", alice)),
		}},
		"a claim ends before its time, by a clock that is ahead": {steps: []step{
			does(judge.ClocksApart),
			acknowledged(judge.Claim, "alice"), sees(expiring(claim("alice", "one", true), 20*time.Minute, false)), sees(sandbox("one", alice)),
			seesGone(expiring(claim("alice", "one", true), 20*time.Minute, false)), seesGone(sandbox("one", alice)),
		}},
		"a claim does not end at its time": {want: []judge.Rule{judge.NothingLost}, steps: []step{
			sees(expiring(claim("alice", "one", true), time.Second, false)), sees(sandbox("one", alice)), sees(sandbox("one", alice)),
		}},
		"a claim was acknowledged and never seen": {want: []judge.Rule{judge.NothingLost}, steps: []step{acknowledged(judge.Claim, "alice")}},
		"a Sandbox that expires is never seen":    {steps: []step{expiringAt(judge.Sandbox, "one", start)}},
		"a Sandbox that does not expire yet is never seen": {want: []judge.Rule{judge.NothingLost}, steps: []step{
			expiringAt(judge.Sandbox, "one", start.Add(time.Hour)),
		}},
		"a claim is not served": {want: []judge.Rule{judge.NothingLost}, steps: []step{
			sees(with(claim("alice", "one", false), func(f *judge.Facts) { f.Ready, f.Reason = "Unknown", "Pending" })),
		}},
		"a claim does not go": {want: []judge.Rule{judge.NothingLost}, steps: []step{
			sees(sandbox("one", alice)), sees(ending(claim("alice", "one", true))),
		}},
		"a standalone Sandbox is not served": {want: []judge.Rule{judge.NothingLost}, steps: []step{
			sees(with(standalone("one"), func(f *judge.Facts) { f.Ready = "False" })),
		}},
		"a pool does not fill": {want: []judge.Rule{judge.FullPools}, steps: []step{
			sees(with(full("pool"), func(f *judge.Facts) { f.ReadyReplicas = 1 })),
		}},
		"a Sandbox outlives its claim": {want: []judge.Rule{judge.NoLeak}, steps: []step{
			sees(claim("alice", "one", true)), sees(sandbox("one", alice)), deletes(judge.Claim, "alice", "alice"), seesGone(claim("alice", "one", true)),
		}},
		"a Sandbox has an owner that was never there": {want: []judge.Rule{judge.NoLeak}, steps: []step{sees(sandbox("one", alice))}},
		"a Pod, a Service and a volume outlive their Sandbox": {want: []judge.Rule{judge.NoLeak, judge.NoLeak, judge.NoLeak}, steps: []step{
			sees(standalone("one")), sees(pod("one", "pod", one)), sees(owned(judge.Service, "service", one)), sees(owned(judge.Volume, "data-one", one)),
			deletes(judge.Sandbox, "one", "one"), seesGone(standalone("one")),
		}},
		"a Pod has nobody": {want: []judge.Rule{judge.NoLeak}, steps: []step{sees(pod("one", "pod", judge.Owner{}))}},
		"a volume outlives one of its two owners": {steps: []step{
			sees(standalone("one")), sees(standalone("two")),
			sees(with(owned(judge.Volume, "data", one), func(f *judge.Facts) { f.Owners = append(f.Owners, two) })),
			deletes(judge.Sandbox, "one", "one"), seesGone(standalone("one")),
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			j := judge.New()
			at := start
			for _, step := range c.steps {
				at = at.Add(time.Second)
				step(j, at)
			}
			j.Verdict(at.Add(time.Second))
			var got []judge.Rule
			for _, v := range j.Violations() {
				got = append(got, v.Rule)
				if v.Subject == "" || v.Detail == "" || v.At.IsZero() {
					t.Errorf("%+v does not say enough", v)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("violations differ (-want +got):\n%s\n%+v", diff, j.Violations())
			}
		})
	}
}

func TestObserveTellsAViolationOnce(t *testing.T) {
	j := judge.New()
	j.Observe(sandbox("one", alice), false, start)
	for i, want := range []int{1, 0} {
		if got := j.Observe(sandbox("two", alice), false, start); len(got) != want {
			t.Errorf("time %d: %v", i, got)
		}
	}
}

func TestLeft(t *testing.T) {
	j := judge.New()
	j.Observe(judge.Facts{Kind: judge.Namespace, Name: "n", UID: "n"}, false, start)
	j.Observe(pod("one", "pod", one), false, start)
	left := j.Left(start)
	if len(left) != 1 || left[0].Rule != judge.NothingLeft {
		t.Fatalf("left is %v", left)
	}
	j.Convict(left)
	if got := j.Violations(); !slices.Equal(got, left) {
		t.Errorf("violations are %v", got)
	}
	j.Observe(pod("one", "pod", one), true, start)
	if left := j.Left(start); len(left) != 0 {
		t.Errorf("left is %v", left)
	}
}

func TestSeenCountsWhatIsGone(t *testing.T) {
	j := judge.New()
	j.Observe(standalone("one"), false, start)
	j.Observe(standalone("two"), true, start)
	if got := j.Seen(judge.Sandbox); got != 2 {
		t.Errorf("%d Sandboxes were seen", got)
	}
	if got := j.Missing(judge.Sandbox, nil, start); got != 1 {
		t.Errorf("%d were missed", got)
	}
}
