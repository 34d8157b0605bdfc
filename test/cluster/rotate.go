package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/pki"
)

// nextDir is the folder, in that of the managers' certificate, of one that is made and not installed.
const nextDir = "next"

// certificateCommand makes the managers of a running cluster a new certificate for webhooks, of a new authority. It prints the file
// with the authority, so that the webhooks' configurations can trust it before the managers have the certificate. With --install, it
// gives the managers what it has made before.
func certificateCommand(_ context.Context, args []string) error {
	o := &options{}
	flags := flag.NewFlagSet("certificate", flag.ContinueOnError)
	o.addPlace(flags)
	install := flags.Bool("install", false, "give the managers the certificate that was made last")
	if err := parse(flags, args); err != nil {
		return err
	}
	dir, err := o.stateDir()
	if err != nil {
		return err
	}
	if _, err := loadState(dir); err != nil {
		return fmt.Errorf("%w in %s: run up first", err, dir)
	}
	certificates := filepath.Join(dir, webhookDir)
	if *install {
		return installNext(certificates)
	}
	if err := makeNext(certificates); err != nil {
		return err
	}
	fmt.Println(filepath.Join(certificates, nextDir, "ca.crt"))
	return nil
}

// makeNext makes an authority, and a certificate for the names of the one in dir.
func makeNext(dir string) error {
	served, err := readCertificate(filepath.Join(dir, "tls.crt"))
	if err != nil {
		return fmt.Errorf("reading the certificate for webhooks (was the cluster started with --install=none?): %w", err)
	}
	names := served.DNSNames
	for _, ip := range served.IPAddresses {
		names = append(names, ip.String())
	}
	ca, err := pki.NewCA("namesake-webhook-ca")
	if err != nil {
		return err
	}
	server, err := ca.NewServer(names...)
	if err != nil {
		return err
	}
	next := filepath.Join(dir, nextDir)
	if err := os.MkdirAll(next, 0o700); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(next, "ca.crt"), ca.CertificatePEM(), 0o600),
		server.Write(filepath.Join(next, "tls.crt"), filepath.Join(next, "tls.key")),
	)
}

// installNext replaces each file whole, as a mounted Secret is. Between two of them, key and certificate do not match, and a manager
// keeps what it has.
func installNext(dir string) error {
	for _, name := range []string{"ca.crt", "tls.crt", "tls.key"} {
		if err := os.Rename(filepath.Join(dir, nextDir, name), filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("run certificate without --install first: %w", err)
		}
	}
	return nil
}

func readCertificate(path string) (*x509.Certificate, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("%s is no certificate", path)
	}
	return x509.ParseCertificate(block.Bytes)
}
