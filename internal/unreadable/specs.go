package unreadable

import (
	"container/list"
	"crypto/sha256"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	kubejson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/limits"
)

// maxSpecs bounds the JSON of the specs that are remembered, in bytes. It is room for about 2,000 different ones. What they
// take in memory is a few times as much, and most of it is in use by cached Sandboxes anyway.
const maxSpecs = 4 << 20

// specs lets the Sandboxes in the cache share what most of them have in common: all members of a pool have the same PodSpec
// and volumeClaimTemplates. It remembers those that were decoded last, by a hash of their JSON, so a Sandbox that has the JSON
// of another is decoded without them and gets the other's.
//
// What is shared must not be changed. Nobody changes an object of the cache: a Get returns a copy.
//
// There is a bound instead of a count of references: a spec that is forgotten too early is decoded again, and costs memory
// once more.
type specs struct {
	mu sync.Mutex
	// order holds *shared, the one that was used last first.
	order *list.List
	known map[[sha256.Size]byte]*list.Element
	bytes int
}

// shared is what several Sandboxes have in common. hash and bytes are of its JSON.
type shared struct {
	hash    [sha256.Size]byte
	bytes   int
	podSpec corev1.PodSpec
	volumes []sandboxv1.PersistentVolumeClaimTemplate
}

// parts are where an object's JSON has what shared has of it.
type parts struct{ podSpec, volumes limits.Span }

// partsOf returns the parts of an object of that shape, or what about it is beyond the bounds of package limits. Beyond these,
// nothing is decoded, so that the memory of an object stays in proportion to its JSON.
func partsOf(object []byte, shape *limits.Shape) (parts, *field.Error) {
	found, err := limits.Find(object, shape, []string{"spec", "podTemplate", "spec"}, []string{"spec", "volumeClaimTemplates"})
	return parts{podSpec: found[0], volumes: found[1]}, err
}

func newSpecs() *specs {
	return &specs{order: list.New(), known: map[[sha256.Size]byte]*list.Element{}}
}

// decode decodes object, whose parts are found, into empty.
func (s *specs) decode(object []byte, found parts, empty client.Object) error {
	sandbox, ok := empty.(*sandboxv1.Sandbox)
	if !ok || found.podSpec.IsEmpty() {
		return kubejson.Unmarshal(object, empty)
	}
	hash, size := hashOf(object, found)
	if known := s.get(hash); known != nil {
		if err := kubejson.Unmarshal(without(object, found), sandbox); err != nil {
			return err
		}
		sandbox.Spec.PodTemplate.Spec, sandbox.Spec.VolumeClaimTemplates = known.podSpec, known.volumes
		return nil
	}
	if err := kubejson.Unmarshal(object, sandbox); err != nil {
		return err
	}
	s.add(&shared{
		hash: hash, bytes: size, podSpec: sandbox.Spec.PodTemplate.Spec, volumes: slices.Clip(sandbox.Spec.VolumeClaimTemplates),
	})
	return nil
}

func (s *specs) get(hash [sha256.Size]byte) *shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	element := s.known[hash]
	if element == nil {
		return nil
	}
	s.order.MoveToFront(element)
	return element.Value.(*shared)
}

func (s *specs) add(one *shared) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[one.hash] != nil {
		return
	}
	s.known[one.hash] = s.order.PushFront(one)
	for s.bytes += one.bytes; s.bytes > maxSpecs; {
		last := s.order.Remove(s.order.Back()).(*shared)
		delete(s.known, last.hash)
		s.bytes -= last.bytes
	}
}

// hashOf returns a hash of what object has in common with others, and its size. The API server writes equal values as equal
// JSON. Users choose what is hashed, so the hash is one that nobody can make collide.
func hashOf(object []byte, found parts) (hash [sha256.Size]byte, size int) {
	podSpec, volumes := sha256.Sum256(found.podSpec.Of(object)), sha256.Sum256(found.volumes.Of(object))
	both := slices.Concat(podSpec[:], volumes[:])
	return sha256.Sum256(both), found.podSpec.End - found.podSpec.Start + found.volumes.End - found.volumes.Start
}

// without returns object with null for what it has in common with others.
func without(object []byte, found parts) []byte {
	cuts := []limits.Span{found.podSpec}
	if !found.volumes.IsEmpty() {
		cuts = append(cuts, found.volumes)
	}
	slices.SortFunc(cuts, func(a, b limits.Span) int { return a.Start - b.Start })
	rest, at := make([]byte, 0, len(object)), 0
	for _, cut := range cuts {
		rest = append(append(rest, object[at:cut.Start]...), "null"...)
		at = cut.End
	}
	return append(rest, object[at:]...)
}
