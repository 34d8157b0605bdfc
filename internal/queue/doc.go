// Package queue is the work queue of a controller that serves many namespaces: no namespace waits for another's work.
//
// A namespace has its own lists, which are served in turn, and a limit of items in flight. A part of the workers is a reserve
// for namespaces that have nothing in flight and whose last item was not slow. So a namespace whose API calls take ten seconds
// holds at most half of the workers, then an eighth, and any number of such namespaces never hold the reserve. One whose work is
// refused holds a twenty-fifth.
//
// Within a namespace, items of low priority come last: what the informers list at the start waits for what happens now.
package queue
