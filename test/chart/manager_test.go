package chart

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// patience is how long the tests wait for what has to happen, on a machine that has other things to do.
const patience = time.Minute

// await waits until done says so.
func await(t *testing.T, what string, done func(context.Context) (bool, error)) {
	t.Helper()
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, patience, true, done); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// runManager installs the chart for some namespaces, and runs its manager as start does.
func (i *installation) runManager(t *testing.T, program, home string, namespaces []string, more ...string) (log string) {
	t.Helper()
	return i.install(t, program, home, namespaces, more...).start(t)
}

// outside is an installation without Pods, whose manager runs beside the API server.
type outside struct {
	home, health string
	command      []string
}

// install installs the chart for some namespaces.
func (i *installation) install(t *testing.T, program, home string, namespaces []string, more ...string) *outside {
	t.Helper()
	certificates, authority := t.TempDir(), serverCertificate(t)
	writePEM(t, filepath.Join(certificates, "tls.crt"), "CERTIFICATE", authority.Certificate[0])
	key, err := x509.MarshalPKCS8PrivateKey(authority.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(certificates, "tls.key"), "PRIVATE KEY", key)
	webhooks, health := freePort(t), freePort(t)
	install := []string{
		"install", release, chartFolder, "--set-file", "webhook.caBundle=" + filepath.Join(certificates, "tls.crt"),
		"--set", "certManager.enabled=false,replicaCount=0,webhook.url.host=" + webhooks,
		"--set", "controller.namespaces={" + strings.Join(namespaces, ",") + "}",
	}
	for _, value := range more {
		install = append(install, "--set", value)
	}
	flags := flagsIn(t, i.helmIn(t, home, install...))
	_, port, _ := strings.Cut(webhooks, ":")
	return &outside{home: home, health: health, command: append([]string{program}, append(flags,
		"--kubeconfig="+i.accountOf(t, home), "--webhook-cert-dir="+certificates, "--webhook-port="+port, "--metrics-bind-address=0",
		"--health-probe-bind-address="+health, "--shutdown-delay=0s")...)}
}

// start runs the manager with the rights of the service account that the chart makes. It returns when the manager is ready, with
// the path of its log.
func (o *outside) start(t *testing.T) (log string) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "log")
	output, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	command := exec.Command(o.command[0], o.command[1:]...)
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(log)
			t.Logf("the log of the manager in %s:\n%s", o.home, text)
		}
	})
	await(t, "the manager in "+o.home+" is ready", func(ctx context.Context) (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+o.health+"/readyz", http.NoBody)
		if err != nil {
			return false, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, nil // It does not listen yet.
		}
		return response.StatusCode == http.StatusOK, response.Body.Close()
	})
	return log
}

// flagsIn returns the flags with which NOTES.txt says to run the manager outside the cluster.
func flagsIn(t *testing.T, installed string) []string {
	t.Helper()
	_, notes, _ := strings.Cut(installed, "NOTES:")
	line := regexp.MustCompile(`(?m)(--controller-user=.*)\.$`).FindStringSubmatch(notes)
	if line == nil {
		t.Fatalf("there are no flags in\n%s", installed)
	}
	return strings.Fields(line[1])
}

// accountOf returns the path of a kubeconfig with a token of the managers' service account in a namespace.
func (i *installation) accountOf(t *testing.T, home string) string {
	t.Helper()
	account, request := &corev1.ServiceAccount{}, &authenticationv1.TokenRequest{}
	account.Namespace, account.Name = home, "namesake"
	if err := i.client.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatal(err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["it"] = &clientcmdapi.Cluster{Server: i.config.Host, CertificateAuthorityData: i.config.CAData}
	config.AuthInfos["it"] = &clientcmdapi.AuthInfo{Token: request.Status.Token}
	config.Contexts["it"] = &clientcmdapi.Context{Cluster: "it", AuthInfo: "it"}
	config.CurrentContext = "it"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// freePort returns an address of this machine at which nothing listens.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func writePEM(t *testing.T, path, kind string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// createNamespaces creates namespaces.
func (i *installation) createNamespaces(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := i.client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			t.Fatal(err)
		}
	}
}
