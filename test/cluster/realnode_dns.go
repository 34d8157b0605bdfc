package main

import (
	"context"
	_ "embed"
	"strings"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/manifest"
)

// dnsIP is the address at which Pods look up names.
const dnsIP = "10.96.0.10"

//go:embed coredns.yaml
var dnsManifest string

// installDNS installs CoreDNS, and the editor's rights.
func (c *cluster) installDNS(ctx context.Context) error {
	text := strings.NewReplacer("DNS_IMAGE", dnsImage, "DNS_IP", dnsIP).Replace(dnsManifest)
	objects, err := manifest.Parse([]byte(text))
	if err != nil {
		return err
	}
	return c.apply(ctx, append(objects, editorBinding))
}

// awaitDNS waits until CoreDNS answers.
func (c *cluster) awaitDNS(ctx context.Context) error {
	if err := c.await(ctx, "CoreDNS to be ready", c.dnsUp); err != nil {
		return err
	}
	c.timeline.reached("CoreDNS answers")
	return nil
}

// dnsUp reports whether CoreDNS answers.
func (c *cluster) dnsUp(ctx context.Context) (bool, error) {
	var deployment struct {
		Status struct {
			Conditions []condition `json:"conditions"`
		} `json:"status"`
	}
	err := c.api.get(ctx, "/apis/apps/v1/namespaces/kube-system/deployments/coredns", &deployment)
	return err == nil && isTrue(deployment.Status.Conditions, "Available"), err
}
