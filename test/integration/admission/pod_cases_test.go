package admission

import (
	"fmt"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// pods returns the ways to break the pairing of a Sandbox and its Pod.
func pods(w *world) []act {
	create := func(title, name string, sandbox *sandboxv1.Sandbox) act {
		return act{title: title, command: "create -f -", input: fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {%s, ownerReferences: [%s]}
spec: {containers: [{name: main, image: python:3.13-slim}]}`, name, sandboxOwner(sandbox))}
	}
	labelled := func(title, metadata, labels string) act {
		return act{title: title, command: "create -f -", input: fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {%s, labels: {%s}}
spec: {containers: [{name: main, image: python:3.13-slim}]}`, metadata, labels)}
	}
	nameless := w.own.DeepCopy()
	nameless.Name = ""
	old, unborn, fresh := w.own.DeepCopy(), w.own.DeepCopy(), w.own.DeepCopy()
	old.UID = "11111111-2222-3333-4444-555555555555"
	unborn.Name = "nobody"
	fresh.Name, fresh.UID = "python-ccccc", w.fresh.UID
	return []act{
		create("A Pod of another name", "name: own-2", w.own),
		create("A second Pod, without a name", "generateName: own-", w.own),
		create("A Pod for an earlier Sandbox of that name", "name: own", old),
		create("A Pod for a Sandbox that does not exist", "name: nobody", unborn),
		create("A Pod for a Sandbox in a pool", "name: python-ccccc", fresh),
		create("A Pod for a Sandbox without a name", "name: own-2", nameless),
		{title: "A second controller of a Sandbox's Pod", command: fmt.Sprintf(
			`patch pod own --type=json -p '[{"op":"add","path":"/metadata/ownerReferences/-","value":%s}]'`, sandboxOwner(w.warm))},
		{title: "Another controller of a Sandbox's Pod", command: fmt.Sprintf(
			`patch pod own --type=json -p '[{"op":"replace","path":"/metadata/ownerReferences","value":[%s]}]'`, sandboxOwner(w.warm))},
		{title: "Another controller, which is no Sandbox", command: fmt.Sprintf(
			`patch pod own --type=json -p '[{"op":"replace","path":"/metadata/ownerReferences","value":[%s]}]'`,
			owner("apps/v1", "ReplicaSet", "web", "11111111-2222-3333-4444-555555555555"))},
		{title: "A second owner, which does not control it", command: `patch pod own --type=json -p '[{"op":"add","path":"/metadata/ownerReferences/-",` +
			`"value":{"apiVersion":"v1","kind":"ConfigMap","name":"keep","uid":"11111111-2222-3333-4444-555555555555"}}]'`},
		create("A Pod that brings labels of another", "name: own, labels: {agents.x-k8s.io/sandbox-name-hash: 00000bad}", w.own),
		create("A Pod that brings the UID of another", fmt.Sprintf("name: own, labels: {agents.x-k8s.io/sandbox-uid: %s}", w.warm.UID), w.own),
		{title: "What is in a Pod of a pool, changed", command: fmt.Sprintf(
			`patch pod %s --type=merge -p '{"spec":{"activeDeadlineSeconds":1}}'`, w.warm.Name)},
		{title: "A container for debugging in a Pod of a pool", command: fmt.Sprintf(
			`debug %s --image=busybox:1.36 --container=debugger --profile=general --attach=false --quiet`, w.warm.Name)},
		{title: "The same in a Pod that is in no pool",
			command: `debug own --image=busybox:1.36 --container=debugger --profile=general --attach=false --quiet`, allowed: true},
		{title: "The controller taken away", command: `patch pod own --type=json -p '[{"op":"remove","path":"/metadata/ownerReferences"}]'`},
		{title: "An identity label of a Sandbox's Pod, changed", command: `label pod own agents.x-k8s.io/sandbox-name-hash=00000000 --overwrite`},
		{title: "The label that a Service knows a Sandbox's Pod by, changed", command: fmt.Sprintf(
			`label pod own agents.x-k8s.io/sandbox-uid=%s --overwrite`, w.warm.UID)},
		{title: "An identity label of a Sandbox's Pod, added", command: fmt.Sprintf(`label pod own agents.x-k8s.io/claim-uid=%s`, w.ann.UID)},
		labelled("A Pod of nobody with a Sandbox's labels", "name: thief", "agents.x-k8s.io/sandbox-uid: "+string(w.own.UID)),
		labelled("A Pod of nobody with a Sandbox's name hash", "name: thief", "agents.x-k8s.io/sandbox-name-hash: "+rules.Hash("own")),
		labelled("A ReplicaSet's Pod with a Sandbox's labels",
			"name: web-brjbl, ownerReferences: ["+owner("apps/v1", "ReplicaSet", "web", "11111111-2222-3333-4444-555555555555")+"]",
			fmt.Sprintf("agents.x-k8s.io/sandbox-uid: %s, agents.x-k8s.io/sandbox-name-hash: %s", w.own.UID, rules.Hash("own"))),
		labelled("A Pod of nobody that claims to be in a pool", "name: thief", "agents.x-k8s.io/warm-pool-sandbox: "+rules.Hash("python")),
		labelled("A Pod of nobody under a template's NetworkPolicy", "name: thief", "agents.x-k8s.io/sandbox-template-ref-hash: "+rules.Hash("python")),
		labelled("A Pod of nobody that claims to serve a claim", "name: thief", "agents.x-k8s.io/claim-uid: "+string(w.ann.UID)),
		allowed(labelled("A Pod of nobody with labels of its own", "name: plain", "app: plain")),
		{title: "A Sandbox's label, put on it", command: fmt.Sprintf(`label pod plain agents.x-k8s.io/sandbox-uid=%s`, w.own.UID)},
		{title: "Another label, put on it", command: `label pod plain team=blue`, allowed: true},
		allowed(labelled("A Pod of nobody, named like a Sandbox", "name: shared", "app: plain")),
		{title: "Given two owners at once, a Sandbox among them", command: fmt.Sprintf(
			`patch pod shared --type=json -p '[{"op":"add","path":"/metadata/ownerReferences","value":[%s,`+
				`{"apiVersion":"v1","kind":"ConfigMap","name":"keep","uid":"11111111-2222-3333-4444-555555555555"}]}]'`, sandboxOwner(w.shared))},
		{title: "Given to the Sandbox alone", command: fmt.Sprintf(
			`patch pod shared --type=json -p '[{"op":"add","path":"/metadata/ownerReferences","value":[%s]}]'`, sandboxOwner(w.shared)), allowed: true},
		create("A second Pod for a Sandbox that still has its old one", "name: heir", w.heir),
		create("A Pod for a claim's Sandbox", "name: python-aaaaa", w.taken),
		{title: "A label of one's own", command: `label pod own team=blue`, allowed: true},
	}
}
