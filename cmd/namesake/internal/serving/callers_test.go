package serving_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
)

// client returns a client certificate of that common name, which a signed.
func (a *authority) client(t *testing.T, name string, usage x509.ExtKeyUsage) *tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(3), NotBefore: begin, NotAfter: end, Subject: pkix.Name{CommonName: name}, DNSNames: []string{"also." + name},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// served serves for callers, and returns a function that calls with a certificate, over a new connection each time.
func served(t *testing.T, callers *serving.Callers) func(*tls.Certificate) error {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // Refused handshakes are what is tested.
	callers.Configure(server.TLS)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	sessions := tls.NewLRUClientSessionCache(1)
	return func(certificate *tls.Certificate) error {
		config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, ClientSessionCache: sessions}
		if certificate != nil {
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate, nil }
		}
		transport := &http.Transport{TLSClientConfig: config}
		defer transport.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := transport.RoundTrip(req)
		if err == nil {
			err = response.Body.Close()
		}
		return err
	}
}

func TestCallers(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	const server = "kube-apiserver"
	for sentence, tc := range map[string]struct {
		certificate *tls.Certificate
		names       []string
		now         time.Time
		want        bool
	}{
		"the API server":                      {ours.client(t, server, x509.ExtKeyUsageClientAuth), nil, begin, true},
		"nobody in particular":                {nil, nil, begin, false},
		"a client of another authority":       {theirs.client(t, server, x509.ExtKeyUsageClientAuth), nil, begin, false},
		"a server":                            {ours.client(t, server, x509.ExtKeyUsageServerAuth), nil, begin, false},
		"a client whose time is up":           {ours.client(t, server, x509.ExtKeyUsageClientAuth), nil, end.Add(time.Second), false},
		"a client of the name":                {ours.client(t, server, x509.ExtKeyUsageClientAuth), []string{"other", server}, begin, true},
		"a client of the name as a DNS name":  {ours.client(t, server, x509.ExtKeyUsageClientAuth), []string{"also." + server}, begin, true},
		"another client of the same signer":   {ours.client(t, "system:node:a", x509.ExtKeyUsageClientAuth), []string{server}, begin, false},
		"another client, and names are empty": {ours.client(t, "system:node:a", x509.ExtKeyUsageClientAuth), []string{}, begin, true},
	} {
		t.Run(sentence, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "ca.crt")
			write(t, file, ours.pem)
			callers, err := serving.NewCallers(file, tc.names, func() time.Time { return tc.now })
			if err != nil {
				t.Fatal(err)
			}
			if err := served(t, callers)(tc.certificate); (err == nil) != tc.want {
				t.Errorf("answered: %v, want %t", err, tc.want)
			}
		})
	}
}

// A changed file counts for the next connection, even for one that a client resumes. What cannot be read changes nothing.
func TestTheCallersAuthorityChanges(t *testing.T) {
	first, second := newAuthority(t), newAuthority(t)
	file := filepath.Join(t.TempDir(), "ca.crt")
	write(t, file, first.pem)
	callers, err := serving.NewCallers(file, nil, func() time.Time { return begin })
	if err != nil {
		t.Fatal(err)
	}
	call := served(t, callers)
	before, after := first.client(t, "a", x509.ExtKeyUsageClientAuth), second.client(t, "a", x509.ExtKeyUsageClientAuth)
	expect := func(when string, wantBefore, wantAfter bool) {
		t.Helper()
		if gotBefore, gotAfter := call(before) == nil, call(after) == nil; gotBefore != wantBefore || gotAfter != wantAfter {
			t.Errorf("%s: the first is answered: %t, the second: %t; want %t and %t", when, gotBefore, gotAfter, wantBefore, wantAfter)
		}
	}
	expect("at first", true, false)
	write(t, file, append(first.pem, second.pem...))
	expect("with both", true, true)
	write(t, file, second.pem)
	expect("with the second", false, true)
	write(t, file, []byte("no certificate"))
	expect("with none", false, true)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	expect("without the file", false, true)
}

func TestCallersNeedAnAuthority(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.crt")
	if _, err := serving.NewCallers(file, nil, time.Now); err == nil {
		t.Error("without the file")
	}
	write(t, file, []byte("no certificate"))
	if _, err := serving.NewCallers(file, nil, time.Now); err == nil {
		t.Error("with a file that holds none")
	}
}
