package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/pki"
)

// tryNode tries what the product's tests rely on.
func (n *nodeTest) tryNode() {
	n.Helper()
	parent := n.T
	defer func() { n.T = parent }()
	for _, c := range []struct {
		name string
		try  func()
	}{
		{"the node is Ready", n.tryReady},
		{"a Deployment is reached by its Service", n.tryService},
		{"exec and logs", n.tryExec},
		{"Pods are confined", n.tryConfinement},
		{"a webhook by Service allows and denies", n.tryWebhook},
		{"images are loaded", n.tryImages},
		{"settings of the machine stay", n.trySettings},
	} {
		parent.Run(c.name, func(t *testing.T) {
			n.T = t
			c.try()
		})
	}
}

func (n *nodeTest) tryReady() {
	ready := n.kubectl("", "get", "node", realNodeName, `-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
	if ready != "True" {
		n.Errorf("Ready is %s", ready)
	}
	n.kubectl("", "get", "serviceaccount", "default")
	n.kubectl("", "-n=kube-system", "wait", "deployment/coredns", "--for=condition=Available", "--timeout=10s")
}

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: localhost/toolbox:1
        args: [serve]
        readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
`

func (n *nodeTest) tryService() {
	n.kubectl(web, "apply", "-f=-")
	n.kubectl("", "wait", "deployment/web", "--for=condition=Available", "--timeout=60s")
	address := n.kubectl("", "get", "service", "web", "-o=jsonpath={.spec.clusterIP}")
	if got := n.kubectl("", "exec", "deploy/web", "--", "lookup", "web.default.svc.cluster.local"); got != address {
		n.Errorf("the Service's name leads to %q, its address is %s", got, address)
	}
	// kube-proxy writes its rules at most once a second.
	n.eventually("a Pod reaches the Service", func() error {
		answer, err := n.tryKubectl("", "exec", "deploy/web", "--", "get", "http://web/")
		if err == nil && !strings.HasPrefix(answer, "web-") {
			err = fmt.Errorf("got %q", answer)
		}
		return err
	})
	n.eventually("the node reaches the Service", func() error {
		answer, err := n.get(address + ":80")
		if err == nil && !strings.Contains(answer, "200 OK") {
			err = fmt.Errorf("got %q", answer)
		}
		return err
	})
}

func (n *nodeTest) tryExec() {
	out, err := n.tryKubectl("in the pipe", "exec", "-i", "deploy/web", "--", "sh", "-c", "cat; echo; hostname > /tmp/name; cat /tmp/name; exit 7")
	if lines := strings.Split(out, "\n"); len(lines) != 3 || lines[0] != "in the pipe" || !strings.HasPrefix(lines[1], "web-") {
		n.Errorf("exec printed %q", out)
	}
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.ExitCode() != 7 {
		n.Errorf("exec ended with: %v", err)
	}
	if got := n.kubectl("", "logs", "deploy/web"); !strings.Contains(got, "listening") {
		n.Errorf("the log is %q", got)
	}
}

const confined = `
apiVersion: v1
kind: Pod
metadata: {name: confined}
spec:
  restartPolicy: Never
  hostUsers: false
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: main
    image: localhost/toolbox:1
    args: [sh, -c, 'cat /proc/self/status /proc/self/uid_map; echo no > /bin/new || echo read-only']
    resources: {limits: {memory: 64Mi, cpu: 500m}}
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
`

func (n *nodeTest) tryConfinement() {
	n.kubectl(confined, "apply", "-f=-")
	n.kubectl("", "wait", "pod/confined", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
	log := n.kubectl("", "logs", "confined")
	for _, want := range []string{"Uid:\t65532", "NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000", "read-only"} {
		if !strings.Contains(log, want) {
			n.Errorf("%q is missing in:\n%s", want, log)
		}
	}
	if strings.Contains(log, "\n         0          0 ") {
		n.Errorf("its users are the machine's:\n%s", log)
	}
}

const hook = `
apiVersion: v1
kind: Secret
metadata: {name: hook}
stringData:
  tls.crt: %[1]q
  tls.key: %[2]q
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: hook}
spec:
  selector: {matchLabels: {app: hook}}
  template:
    metadata: {labels: {app: hook}}
    spec:
      containers:
      - name: hook
        image: localhost/toolbox:1
        args: [webhook]
        readinessProbe: {httpGet: {path: /readyz, port: 8443, scheme: HTTPS}, periodSeconds: 1}
        volumeMounts: [{name: tls, mountPath: /tls}]
      volumes: [{name: tls, secret: {secretName: hook}}]
---
apiVersion: v1
kind: Service
metadata: {name: hook}
spec:
  selector: {app: hook}
  ports: [{port: 443, targetPort: 8443}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks:
- name: hook.example.com
  clientConfig: {service: {name: hook, namespace: default, path: /validate}, caBundle: %[3]s}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  objectSelector: {matchExpressions: [{key: deny, operator: Exists}]}
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 2
`

func (n *nodeTest) tryWebhook() {
	ca, err := pki.NewCA("hook-ca")
	if err != nil {
		n.Fatal(err)
	}
	server, err := ca.NewServer("hook.default.svc")
	if err != nil {
		n.Fatal(err)
	}
	key, err := pki.KeyPEM(server.Key)
	if err != nil {
		n.Fatal(err)
	}
	n.kubectl(fmt.Sprintf(hook, server.CertificatePEM(), key, base64.StdEncoding.EncodeToString(ca.CertificatePEM())), "apply", "-f=-")
	n.kubectl("", "wait", "deployment/hook", "--for=condition=Available", "--timeout=60s")
	create := func(name, deny string) (string, error) {
		return n.tryKubectl(fmt.Sprintf(`{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, labels: {deny: %q}}}`, name, deny), "create", "-f=-")
	}
	n.eventually("the webhook allows", func() error {
		_, err := create("allowed", "no")
		return err
	})
	_, err = create("denied", "yes")
	if err == nil || !strings.Contains(err.Error(), `"hook.example.com" denied the request: denied by hook-`) {
		n.Errorf("the webhook did not deny: %v", err)
	}
}

func (n *nodeTest) tryImages() {
	dir := n.TempDir()
	program, archive, greeting := filepath.Join(dir, "tool"), filepath.Join(dir, "tool.tar"), filepath.Join(dir, "greeting")
	builder, err := newBuilder()
	if err != nil {
		n.Fatal(err)
	}
	if err := builder.BuildOwn(n.Context(), "toolbox", ".", program); err != nil {
		n.Fatal(err)
	}
	if err := os.WriteFile(greeting, []byte("hello\n"), 0o600); err != nil {
		n.Fatal(err)
	}
	n.run("images", "build", "--tag=localhost/loaded:2", "--output="+archive, "--user=65532", "--add="+greeting+"=/etc/greeting", program)
	n.run("images", "load", "--name="+n.name, archive)
	n.kubectl("", "run", "loaded", "--image=localhost/loaded:2", "--restart=Never", "--", "cat", "/etc/greeting")
	n.kubectl("", "wait", "pod/loaded", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
	if got := n.kubectl("", "logs", "loaded"); got != "hello" {
		n.Errorf("the image's file holds %q", got)
	}
}

func (n *nodeTest) trySettings() {
	const setting = "/proc/sys/vm/overcommit_memory"
	inside := n.run("enter", "--name="+n.name, "--", "cat", setting)
	if strings.TrimSpace(inside) != "1" {
		n.Errorf("kubelet has set no %s: %q", setting, inside)
	}
}

// The image must contain the programs that the tests use.
func TestTheToolboxHasItsNames(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("toolbox", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, own := range ownImages {
		for _, link := range own.links {
			if !strings.Contains(string(source), fmt.Sprintf("%q:", link)) {
				t.Errorf("the toolbox has no %s", link)
			}
		}
	}
}
