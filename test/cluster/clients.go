package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/pki"
)

// controllerUser is the user of the product's manager, as in a cluster where it runs under its ServiceAccount.
const (
	controllerNamespace = "namesake-system"
	controllerUser      = "system:serviceaccount:" + controllerNamespace + ":namesake"
)

var controllerGroups = []string{"system:serviceaccounts", "system:serviceaccounts:" + controllerNamespace}

// identity is a client of the cluster. Its kubeconfig is NAME.kubeconfig in the folder of the state.
type identity struct {
	name   string
	user   string
	groups []string
	// token says that the client has a token instead of a certificate.
	token bool
}

// identities are all clients of a cluster with fake nodes.
var identities = []identity{
	{name: "admin", user: "kubernetes-admin", groups: []string{"system:masters"}},
	{name: "controller", user: controllerUser, groups: controllerGroups, token: true},
	{name: "editor", user: "editor", token: true},
	{name: "controller-manager", user: "system:kube-controller-manager"},
	{name: "scheduler", user: "system:kube-scheduler"},
	{name: "kwok", user: "system:kwok-controller", groups: []string{"system:masters"}},
}

func (s *state) kubeconfig(name string) string {
	return s.path(name + ".kubeconfig")
}

// writeClients writes the identities' kubeconfigs and the API server's file of tokens.
func (s *state) writeClients(ca *pki.Pair, server string, clients ...identity) error {
	var tokens strings.Builder
	for _, who := range clients {
		credentials, err := who.credentials(ca, &tokens)
		if err != nil {
			return err
		}
		content := fmt.Sprintf(kubeconfigFormat, base64.StdEncoding.EncodeToString(ca.CertificatePEM()), server, who.name, credentials)
		if err := os.WriteFile(s.kubeconfig(who.name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(s.path("tokens.csv"), []byte(tokens.String()), 0o600)
}

const kubeconfigFormat = `apiVersion: v1
kind: Config
clusters:
- name: namesake
  cluster:
    certificate-authority-data: %[1]s
    server: %[2]s
users:
- name: %[3]s
  user:
%[4]scontexts:
- name: %[3]s@namesake
  context: {cluster: namesake, user: %[3]s}
current-context: %[3]s@namesake
`

// credentials returns the identity's part of a kubeconfig, and adds a token to the API server's tokens.
func (i identity) credentials(ca *pki.Pair, tokens *strings.Builder) (string, error) {
	if i.token {
		secret := make([]byte, 16)
		_, _ = rand.Read(secret) // It never fails.
		token := hex.EncodeToString(secret)
		fmt.Fprintf(tokens, "%s,%s,%s", token, i.user, i.user)
		if len(i.groups) > 0 { // An empty column would be a group without a name.
			fmt.Fprintf(tokens, ",%q", strings.Join(i.groups, ","))
		}
		fmt.Fprintln(tokens)
		return fmt.Sprintf("    token: %s\n", token), nil
	}
	client, err := ca.NewClient(i.user, i.groups...)
	if err != nil {
		return "", err
	}
	key, err := pki.KeyPEM(client.Key)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("    client-certificate-data: %s\n    client-key-data: %s\n",
		base64.StdEncoding.EncodeToString(client.CertificatePEM()), base64.StdEncoding.EncodeToString(key)), nil
}
