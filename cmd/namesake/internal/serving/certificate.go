// Package serving keeps admission answering. It provides the serving certificate, checks that the API server trusts it and
// reaches the webhooks, and ends a replica without dropping a call. It does not decide what admission refuses.
package serving

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
)

// look is how often to look for files that do not exist yet, and to repeat the self-test.
const look = time.Second

// Certificate is the serving certificate from two files. The files may come later, and are read again when they change.
type Certificate struct {
	certFile, keyFile string
	watcher           atomic.Pointer[certwatcher.CertWatcher]
	missing           atomic.Pointer[error]
}

// NewCertificate returns the certificate in those files, in PEM. It reads nothing before Start.
func NewCertificate(certFile, keyFile string) *Certificate {
	return &Certificate{certFile: certFile, keyFile: keyFile}
}

// NeedLeaderElection implements manager.LeaderElectionRunnable: every replica serves admission.
func (*Certificate) NeedLeaderElection() bool { return false }

// Start waits for the files, and then follows their changes until ctx ends.
func (c *Certificate) Start(ctx context.Context) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		watcher, err := certwatcher.New(c.certFile, c.keyFile)
		if err == nil {
			c.watcher.Store(watcher)
			return watcher.Start(ctx)
		}
		c.missing.Store(&err)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// GetCertificate is the callback for a tls.Config.
func (c *Certificate) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	watcher := c.watcher.Load()
	if watcher == nil {
		return nil, c.notThere()
	}
	return watcher.GetCertificate(hello)
}

// Chain returns the certificate that is served now, and the intermediates that are sent along with it.
func (c *Certificate) Chain() (leaf *x509.Certificate, intermediates *x509.CertPool, err error) {
	served, err := c.GetCertificate(nil)
	if err != nil {
		return nil, nil, err
	}
	intermediates = x509.NewCertPool()
	for i, der := range served.Certificate {
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, nil, fmt.Errorf("certificate %d in %s: %w", i, c.certFile, err)
		}
		if i == 0 {
			leaf = parsed
		} else {
			intermediates.AddCert(parsed)
		}
	}
	if leaf == nil {
		return nil, nil, fmt.Errorf("%s holds no certificate", c.certFile)
	}
	return leaf, intermediates, nil
}

func (c *Certificate) notThere() error {
	if err := c.missing.Load(); err != nil {
		return fmt.Errorf("no serving certificate yet: %w", *err)
	}
	return errors.New("no serving certificate yet")
}
