package serving

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Callers verifies the client certificates of those who call the webhooks: the API server's, by an authority in a file.
type Callers struct {
	file  string
	names []string
	now   func() time.Time

	mu    sync.Mutex
	text  []byte // of which roots were made
	roots *x509.CertPool
}

// NewCallers returns Callers that accept the certificates of the authorities in file, in PEM. With names, they accept only
// certificates with one of these as the common name or a DNS name. The file is read again when it changes.
func NewCallers(file string, names []string, now func() time.Time) (*Callers, error) {
	c := &Callers{file: file, names: names, now: now}
	if _, err := c.authorities(); err != nil {
		return nil, err
	}
	return c, nil
}

// Configure makes config ask each caller for a certificate, and verify it.
func (c *Callers) Configure(config *tls.Config) {
	config.ClientAuth = tls.RequireAnyClientCert // VerifyConnection verifies it, by the authorities of that moment.
	config.VerifyConnection = c.verify
}

// verify returns what is wrong with a caller's certificate. It is asked for resumed connections, too.
func (c *Callers) verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("no client certificate")
	}
	roots, err := c.authorities()
	if err != nil {
		return err
	}
	intermediates := x509.NewCertPool()
	for _, certificate := range state.PeerCertificates[1:] {
		intermediates.AddCert(certificate)
	}
	leaf := state.PeerCertificates[0]
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: c.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}); err != nil {
		return fmt.Errorf("client certificate: %w", err)
	}
	bears := func(name string) bool { return name == leaf.Subject.CommonName || slices.Contains(leaf.DNSNames, name) }
	if len(c.names) > 0 && !slices.ContainsFunc(c.names, bears) {
		return fmt.Errorf("client certificate: its name is %q, not one of %s", leaf.Subject.CommonName, strings.Join(c.names, ", "))
	}
	return nil
}

// authorities returns those in the file now, or those before, where the file cannot be read or holds none. A handshake costs
// far more than to read a small file.
func (c *Callers) authorities() (*x509.CertPool, error) {
	text, err := os.ReadFile(c.file)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && (c.roots == nil || !bytes.Equal(text, c.text)) {
		if roots := x509.NewCertPool(); roots.AppendCertsFromPEM(text) {
			c.text, c.roots = text, roots
		} else {
			err = fmt.Errorf("%s holds no certificate in PEM", c.file)
		}
	}
	if c.roots == nil {
		return nil, fmt.Errorf("authority of the callers: %w", err)
	}
	return c.roots, nil
}
