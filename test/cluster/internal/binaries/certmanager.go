package binaries

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// certManager is no part of a cluster either. What needs certificates installs it.
var certManager = module{folder: "certmanager", path: "github.com/cert-manager/cert-manager", short: "cert-manager"}

// CertManagerVersion returns the version of cert-manager that its folder pins.
func (b *Builder) CertManagerVersion(ctx context.Context) (string, error) {
	versions, err := b.versions(ctx, []module{certManager})
	return versions[certManager.path], err
}

// PackageCertManager packs the chart in cert-manager's module into dir, and adds the version that it lacks there.
func (b *Builder) PackageCertManager(ctx context.Context, version, dir string) error {
	helm, err := b.EnsureHelm(ctx)
	if err != nil {
		return err
	}
	source := b.dir(certManager)
	if _, err := goOutput(ctx, source, "mod", "download", certManager.path); err != nil {
		return fmt.Errorf("fetching cert-manager's chart: %w", err)
	}
	module, err := goOutput(ctx, source, "list", "-m", "-f", "{{.Dir}}", certManager.path)
	if err != nil {
		return fmt.Errorf("finding cert-manager's chart: %w", err)
	}
	home, err := os.MkdirTemp("", "namesake-helm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	cmd := exec.CommandContext(ctx, helm, "package", filepath.Join(module, "deploy", "charts", "cert-manager"),
		"--version", version, "--app-version", version, "--destination", dir)
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("packing cert-manager's chart: %w\n%s", err, out)
	}
	return nil
}
