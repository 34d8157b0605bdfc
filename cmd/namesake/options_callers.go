package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"strings"
	"time"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
)

// callerOptions say who may call the webhooks.
type callerOptions struct {
	authority string
	names     string
}

func (o *callerOptions) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.authority, "webhook-client-ca-file", o.authority,
		"File with the authority, in PEM, of the client certificate that the API server shows the webhooks; nobody else is then answered. "+
			"It is read again when it changes. Empty: whoever reaches the port is answered.")
	flags.StringVar(&o.names, "webhook-client-names", o.names,
		"Common names or DNS names, separated by commas, of which the client certificate has to bear one; empty for any. Needs --webhook-client-ca-file.")
}

func (o *callerOptions) validate() error {
	if o.authority == "" && o.names != "" {
		return errors.New("--webhook-client-names: needs --webhook-client-ca-file, or nobody verifies the names")
	}
	return nil
}

// list returns the names that are accepted.
func (o *callerOptions) list() []string {
	return strings.FieldsFunc(o.names, func(r rune) bool { return r == ',' || r == ' ' })
}

// secure returns what TLS of the webhook server has to know: its own certificate, and who may call.
func (o *options) secure(certificate *serving.Certificate) ([]func(*tls.Config), error) {
	secured := []func(*tls.Config){func(c *tls.Config) { c.GetCertificate = certificate.GetCertificate }}
	if o.callers.authority == "" {
		return secured, nil
	}
	callers, err := serving.NewCallers(o.callers.authority, o.callers.list(), time.Now)
	if err != nil {
		return nil, err
	}
	return append(secured, callers.Configure), nil
}
