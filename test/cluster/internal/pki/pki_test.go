package pki

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func authority(t *testing.T) (*Pair, *x509.CertPool) {
	t.Helper()
	ca, err := NewCA("authority")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca.CertificatePEM()) {
		t.Fatal("the authority's PEM cannot be read")
	}
	return ca, pool
}

func TestServerCertificate(t *testing.T) {
	ca, roots := authority(t)
	server, err := ca.NewServer("localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		name  string
		usage x509.ExtKeyUsage
		valid bool
	}{
		"its host name":     {name: "localhost", usage: x509.ExtKeyUsageServerAuth, valid: true},
		"its address":       {name: "127.0.0.1", usage: x509.ExtKeyUsageServerAuth, valid: true},
		"another host name": {name: "example.com", usage: x509.ExtKeyUsageServerAuth},
		"as a client":       {name: "localhost", usage: x509.ExtKeyUsageClientAuth},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := server.Certificate.Verify(x509.VerifyOptions{DNSName: c.name, Roots: roots, KeyUsages: []x509.ExtKeyUsage{c.usage}})
			if (err == nil) != c.valid {
				t.Errorf("valid is %v, want %v: %v", err == nil, c.valid, err)
			}
		})
	}
}

func TestClientCertificateNamesUserAndGroups(t *testing.T) {
	ca, roots := authority(t)
	client, err := ca.NewClient("kubernetes-admin", "system:masters", "others")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Certificate.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	subject := client.Certificate.Subject
	slices.Sort(subject.Organization)
	if subject.CommonName != "kubernetes-admin" || !slices.Equal(subject.Organization, []string{"others", "system:masters"}) {
		t.Errorf("the subject is %v", subject)
	}
	_, others := authority(t)
	if _, err := client.Certificate.Verify(x509.VerifyOptions{Roots: others, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err == nil {
		t.Error("another authority vouches for it")
	}
}

func TestWrittenFilesAreAPair(t *testing.T) {
	ca, _ := authority(t)
	certificate, key := filepath.Join(t.TempDir(), "tls.crt"), filepath.Join(t.TempDir(), "tls.key")
	if err := ca.Write(certificate, key); err != nil {
		t.Fatal(err)
	}
	if _, err := tls.LoadX509KeyPair(certificate, key); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(key)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the key's mode is %o", mode)
	}
}
