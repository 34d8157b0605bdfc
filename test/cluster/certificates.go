package main

import (
	"os"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/pki"
)

// serviceCIDR is the address range of Services. apiServiceIP is its first address, which is the API server's.
const (
	serviceCIDR  = "10.96.0.0/16"
	apiServiceIP = "10.96.0.1"
)

// writeCertificates makes the control plane's certificates below pki/, and returns the cluster's authority. host is one of the
// API server's names.
func (s *state) writeCertificates(host string) (*pki.Pair, error) {
	if err := os.Mkdir(s.path("pki"), 0o700); err != nil {
		return nil, err
	}
	ca, err := pki.NewCA("kubernetes")
	if err != nil {
		return nil, err
	}
	server, err := ca.NewServer("kube-apiserver", "localhost", "127.0.0.1", host, apiServiceIP,
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
	if err != nil {
		return nil, err
	}
	// This is a separate authority, since whoever has a certificate of it may claim to speak for any user.
	frontProxyCA, err := pki.NewCA("front-proxy-ca")
	if err != nil {
		return nil, err
	}
	frontProxy, err := frontProxyCA.NewClient("front-proxy-client")
	if err != nil {
		return nil, err
	}
	pairs := map[string]*pki.Pair{"ca": ca, "apiserver": server, "front-proxy-ca": frontProxyCA, "front-proxy-client": frontProxy}
	for name, pair := range pairs {
		if err := pair.Write(s.path("pki", name+".crt"), s.path("pki", name+".key")); err != nil {
			return nil, err
		}
	}
	serviceAccounts, err := pki.NewKey()
	if err != nil {
		return nil, err
	}
	return ca, pki.WriteKey(serviceAccounts, s.path("pki", "service-accounts.key"))
}
