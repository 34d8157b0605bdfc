package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/pki"
)

// api is a client of the API server with an administrator's rights. It has the few calls that starting a cluster needs.
type api struct {
	server string
	client *http.Client
}

func newAPI(server string, ca *pki.Pair) (*api, error) {
	admin, err := ca.NewClient("kubernetes-admin", "system:masters")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.Certificate)
	return &api{server: server, client: &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{
			RootCAs:      roots,
			Certificates: []tls.Certificate{{Certificate: [][]byte{admin.Certificate.Raw}, PrivateKey: admin.Key}},
		},
		MaxIdleConnsPerHost: 8,
	}}}, nil
}

func (a *api) get(ctx context.Context, path string, into any) error {
	return a.do(ctx, http.MethodGet, path, nil, into)
}

func (a *api) create(ctx context.Context, path string, object any) error {
	content, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return a.do(ctx, http.MethodPost, path, content, nil)
}

// do makes one call. If the call fails, the error contains what the server says.
func (a *api) do(ctx context.Context, method, path string, body []byte, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, a.server+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, content)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(content, into)
}
