package phases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
)

// crds are where the definitions of all kinds are.
const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

var crdKind = api.Kind{Version: "apiextensions.k8s.io/v1", Kind: "CustomResourceDefinition"}

// copies are kinds with the schemas of claims and Sandboxes. They are in a group of their own, so no webhook is called for them,
// and no controller watches them.
type copies struct {
	claims, sandboxes api.Kind
	// names are those of the definitions.
	names []string
}

// copyKinds creates the copies in a group that is new, and waits until they are served.
func (i *Installation) copyKinds(ctx context.Context, group string) (*copies, error) {
	c := &copies{}
	for _, kind := range []struct {
		of   api.Kind
		from string
		into *api.Kind
	}{
		{api.Sandboxes, "sandboxes.agents.x-k8s.io", &c.sandboxes},
		{api.Claims, "sandboxclaims.extensions.agents.x-k8s.io", &c.claims},
	} {
		var crd map[string]any
		if err := i.Requests.Get(ctx, crds+"/"+kind.from, &crd); err != nil {
			return c, err
		}
		name := kind.of.Resource + "." + group
		fields, err := copyOf(crd, name, group)
		if err != nil {
			return c, fmt.Errorf("the definition %s: %w", kind.from, err)
		}
		if err := i.Requests.Create(ctx, crds, crdKind, fields); err != nil {
			return c, err
		}
		c.names = append(c.names, name)
		version := group + "/" + copiedVersion
		*kind.into = api.Kind{Prefix: "/apis/" + version, Resource: kind.of.Resource, Version: version, Kind: kind.of.Kind}
	}
	for _, kind := range []api.Kind{c.sandboxes, c.claims} {
		if err := i.awaitServed(ctx, kind); err != nil {
			return c, err
		}
	}
	return c, nil
}

// copiedVersion is the version of the kinds that is copied.
const copiedVersion = "v1beta1"

// copyOf returns the definition crd as one of another group, with one version.
func copyOf(crd map[string]any, name, group string) (map[string]any, error) {
	spec, _ := crd["spec"].(map[string]any)
	names, _ := spec["names"].(map[string]any)
	versions, _ := spec["versions"].([]any)
	for _, one := range versions {
		version, _ := one.(map[string]any)
		if version["name"] != copiedVersion {
			continue
		}
		version["served"], version["storage"] = true, true
		delete(names, "shortNames") // Nobody should find the copies by them.
		delete(names, "categories")
		return map[string]any{
			"metadata": map[string]any{"name": name},
			"spec":     map[string]any{"group": group, "names": names, "scope": spec["scope"], "versions": []any{version}},
		}, nil
	}
	return nil, errors.New("it has no version " + copiedVersion)
}

// awaitServed waits until the API server knows a kind.
func (i *Installation) awaitServed(ctx context.Context, kind api.Kind) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := i.Requests.Get(ctx, kind.Prefix+"/"+kind.Resource+"?limit=1", nil)
		if !api.IsNotFound(err) {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for %s to be served: %w", kind.Version, err)
		}
	}
}

// removeCopies deletes the copies, and waits until they, and all objects of theirs, are gone. It does so after the end of ctx as well.
func (i *Installation) removeCopies(ctx context.Context, c *copies) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	for _, name := range c.names {
		if err := i.Requests.Delete(ctx, crds+"/"+name); err != nil {
			return err
		}
	}
	for _, name := range c.names {
		for {
			err := i.Requests.Get(ctx, crds+"/"+name, nil)
			if api.IsNotFound(err) {
				break
			}
			if err == nil {
				err = pause(ctx, 200*time.Millisecond)
			}
			if err != nil {
				return fmt.Errorf("the definition %s is not gone: %w", name, err)
			}
		}
	}
	return nil
}
