package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// install creates the namespace and the roles that config contains, and the node on which Sandboxes run.
func (e *environment) install(ctx context.Context, root string) error {
	admin, err := e.client(e.admin)
	if err != nil {
		return err
	}
	for _, folder := range []string{"namespace", "rbac"} {
		files, err := filepath.Glob(filepath.Join(root, "config", folder, "*.yaml"))
		if err != nil {
			return err
		}
		for _, file := range files {
			objects, err := manifests(file)
			if err != nil {
				return fmt.Errorf("reading %s: %w", file, err)
			}
			for _, object := range objects {
				if err := admin.Create(ctx, object); err != nil {
					return fmt.Errorf("creating %s %s of %s: %w", object.GetKind(), object.GetName(), file, err)
				}
			}
		}
	}
	if err := admin.Create(ctx, builder.MakeNode(builder.DefaultNode).UID("").Obj()); err != nil {
		return fmt.Errorf("creating the node: %w", err)
	}
	return nil
}

// manifests reads the objects in a file, and skips a kustomization.
func manifests(file string) ([]*unstructured.Unstructured, error) {
	data, err := os.ReadFile(file)
	if err != nil || filepath.Base(file) == "kustomization.yaml" {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), len(data))
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}
