package binaries

import (
	"context"
	"fmt"
	"runtime"
	"strings"
)

// Versions maps a module path to the version that its go.mod pins. Versions are written nowhere else.
type Versions map[string]string

// versions asks the folder of each module for the version that it pins.
func (b *Builder) versions(ctx context.Context, modules []module) (Versions, error) {
	versions := Versions{}
	for _, m := range modules {
		out, err := goOutput(ctx, b.dir(m), "list", "-m", "-f", "{{.Version}}", m.path)
		if err != nil {
			return nil, fmt.Errorf("reading the version of %s: %w", m.path, err)
		}
		versions[m.path] = out
	}
	return versions, nil
}

// folder returns the name of the cache folder for one set of versions on this platform.
func (v Versions) folder(modules []module) string {
	parts := make([]string, 0, len(modules)*2+2)
	for _, m := range modules {
		parts = append(parts, m.short, strings.TrimPrefix(v[m.path], "v"))
	}
	return strings.Join(append(parts, runtime.GOOS, runtime.GOARCH), "-")
}

// stamp returns the linker flags with which Kubernetes' programs report their version. Without them they report v0.0.0-master,
// and clients that compare versions refuse to work.
func stamp(version string) string {
	numbers := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	values := []string{
		"gitVersion=" + version,
		"gitMajor=" + numbers[0],
		"gitMinor=" + numbers[1],
		"gitCommit=unknown",
		"gitTreeState=clean",
		"buildDate=1970-01-01T00:00:00Z",
	}
	var flags []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for _, value := range values {
			flags = append(flags, "-X", pkg+"."+value)
		}
	}
	return strings.Join(flags, " ")
}

// stampHelm returns the linker flags with which helm reports its whole version, which charts and plugins may ask for.
func stampHelm(version string) string {
	return "-X helm.sh/helm/v4/internal/version.version=" + version
}
