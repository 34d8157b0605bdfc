package serving_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
)

// begin and end bound the validity of every certificate that is issued here.
var (
	begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	end   = begin.Add(24 * time.Hour)
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	return newAuthorityUntil(t, newKey(t), end.Add(time.Hour))
}

// newAuthorityUntil returns an authority with that key, which an earlier authority may have had.
func newAuthorityUntil(t *testing.T, key *ecdsa.PrivateKey, ends time.Time) *authority {
	t.Helper()
	a := &authority{key: key}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, NotBefore: begin, NotAfter: ends,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue writes a certificate for those names, and its key, into dir.
func (a *authority) issue(t *testing.T, dir string, names ...string) {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: begin, NotAfter: end, DNSNames: names,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: der}, "tls.key": {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// follow starts to follow the certificate in dir until the test ends. It returns when the certificate is there.
func follow(t *testing.T, dir string) *serving.Certificate {
	t.Helper()
	certificate := serving.NewCertificate(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
	stopped := make(chan error)
	go func() { stopped <- certificate.Start(t.Context()) }()
	t.Cleanup(func() {
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	eventually(t, func() error { _, _, err := certificate.Chain(); return err })
	return certificate
}

// eventually waits until condition returns no error.
func eventually(t *testing.T, condition func() error) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for err := condition(); err != nil; err = condition() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatal(err)
		}
	}
}

func TestCertificateComesLater(t *testing.T) {
	dir := t.TempDir()
	certificate := serving.NewCertificate(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
	if _, err := certificate.GetCertificate(nil); err == nil {
		t.Error("a certificate before there is one")
	}
	newAuthority(t).issue(t, dir, "first")
	certificate = follow(t, dir)
	leaf, _, err := certificate.Chain()
	if err != nil || leaf.DNSNames[0] != "first" {
		t.Fatalf("%v, %v", leaf, err)
	}
}

// TestARenewedCertificateIsServed changes the files as the kubelet does for a Secret: all at once. The files are links
// through ..data. The kubelet moves ..data to another folder, and removes the previous folder.
func TestARenewedCertificateIsServed(t *testing.T) {
	dir, signer := t.TempDir(), newAuthority(t)
	for _, file := range []string{"tls.crt", "tls.key"} {
		if err := os.Symlink(filepath.Join("..data", file), filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
	}
	bring := func(name string) {
		folder := filepath.Join(dir, name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		signer.issue(t, folder, name)
		if err := os.Symlink(name, filepath.Join(dir, "next")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	bring("first")
	certificate := follow(t, dir)
	bring("second")
	if err := os.RemoveAll(filepath.Join(dir, "first")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		leaf, _, err := certificate.Chain()
		if err == nil && leaf.DNSNames[0] != "second" {
			err = fmt.Errorf("the certificate for %v is served", leaf.DNSNames)
		}
		return err
	})
}
