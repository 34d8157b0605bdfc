package candidates

import (
	"k8s.io/apimachinery/pkg/types"
)

// Appearance says where a Sandbox has become one that claims may have: it turned Ready, its node accepts claims again, or a
// reservation ended.
type Appearance struct {
	Namespace string
	// Pool and Template are the names of the Sandbox's pool and template. Pool is empty where the index does not know the pool.
	Pool, Template string
}

// Subscription collects appearances for one receiver. What appears again before it is taken is there once, so it holds no more
// than there are pools and templates.
type Subscription struct {
	index *Index
	ready chan struct{}
	news  map[place]bool
}

// place is a namespace, and what a Sandbox in it was made of.
type place struct {
	namespace string
	pool      types.UID
	template  string
}

// Subscribe returns a subscription to what appears from now on.
func (i *Index) Subscribe() *Subscription {
	s := &Subscription{index: i, ready: make(chan struct{}, 1), news: map[place]bool{}}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.subscriptions[s] = true
	return s
}

// Ready receives when there is something to Take.
func (s *Subscription) Ready() <-chan struct{} { return s.ready }

// Take returns what has appeared since the last call, in no order.
func (s *Subscription) Take() []Appearance {
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	var appeared []Appearance
	for at := range s.news {
		appearance := Appearance{Namespace: at.namespace, Template: at.template}
		for name, pool := range s.index.pools[at.namespace] {
			if pool.UID == at.pool {
				appearance.Pool = name
			}
		}
		appeared = append(appeared, appearance)
	}
	clear(s.news)
	return appeared
}

// Cancel ends the subscription.
func (s *Subscription) Cancel() {
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	delete(s.index.subscriptions, s)
}

// announce tells the subscriptions that claims may have c. The caller holds the lock.
func (i *Index) announce(c *candidate) {
	for s := range i.subscriptions {
		s.news[place{c.key.Namespace, c.queue.group.Pool, c.queue.group.Template}] = true
		select {
		case s.ready <- struct{}{}:
		default: // It is told already.
		}
	}
}
