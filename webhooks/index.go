package webhooks

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// nameHash is the cache's index of templates by the hash of their names. The reconcilers have an index of their own, so that
// neither depends on the other.
const nameHash = "webhooks/hash(metadata.name)"

// Index adds the indexes that webhooks list by to the cache that they read from, before that cache starts.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	err := indexer.IndexField(ctx, &extensionsv1.SandboxTemplate{}, nameHash, func(obj client.Object) []string {
		return []string{rules.Hash(obj.GetName())}
	})
	if err != nil {
		return fmt.Errorf("indexing templates by %s: %w", nameHash, err)
	}
	return nil
}
