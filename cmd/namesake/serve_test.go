package main

import (
	"context"
	"errors"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// unsynced is a cache that never syncs, as where the API server does not answer.
type unsynced struct {
	cache.Cache

	awaited chan struct{}
}

func (*unsynced) IndexField(context.Context, client.Object, string, client.IndexerFunc) error {
	return nil
}

func (*unsynced) Start(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func (u *unsynced) WaitForCacheSync(ctx context.Context) bool {
	close(u.awaited)
	<-ctx.Done()
	return false
}

// A program that is told to end while it starts ends. Otherwise, these cases would not.
func TestToldWhileStarting(t *testing.T) {
	for name, build := range map[string]func(reached chan struct{}) (manager.Manager, error){
		"the API server does not answer": func(reached chan struct{}) (manager.Manager, error) {
			close(reached)
			select {}
		},
		"the caches do not sync": func(reached chan struct{}) (manager.Manager, error) {
			return withoutServer(t, &unsynced{awaited: reached}, logr.Discard()), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			told, tell := context.WithCancel(t.Context())
			reached, ended := make(chan struct{}), make(chan error)
			go func() {
				ended <- serve(context.WithoutCancel(told), told, func() (manager.Manager, error) { return build(reached) })
			}()
			<-reached
			tell()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// ordinary is a manager that starts.
type ordinary struct {
	manager.Manager

	elected, ending, end chan struct{}
	err                  error
}

func (o *ordinary) Elected() <-chan struct{} { return o.elected }

func (o *ordinary) Start(ctx context.Context) error {
	close(o.elected)
	<-ctx.Done()
	close(o.ending)
	<-o.end
	return o.err
}

// A program at work ends in order: not before its manager has, whose error is the program's.
func TestToldAtWork(t *testing.T) {
	ctx, tell := context.WithCancel(t.Context())
	o := &ordinary{elected: make(chan struct{}), ending: make(chan struct{}), end: make(chan struct{}), err: errors.New("an end")}
	ended := make(chan error)
	go func() { ended <- serve(ctx, ctx, func() (manager.Manager, error) { return o, nil }) }()
	<-o.elected
	tell()
	<-o.ending
	select {
	case err := <-ended:
		t.Errorf("it has ended before its manager: %v", err)
	default:
	}
	close(o.end)
	if err := <-ended; !errors.Is(err, o.err) {
		t.Errorf("it ended with %v, want %v", err, o.err)
	}
}

// A manager that cannot be built or started ends the program.
func TestNoManager(t *testing.T) {
	want := errors.New("no manager")
	if err := serve(t.Context(), t.Context(), func() (manager.Manager, error) { return nil, want }); !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}
