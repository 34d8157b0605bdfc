package main

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// serve builds a manager and runs it until ctx ends. If told, which ends before ctx, ends before the manager is at work, serve returns at
// once and leaves the rest to the end of the process: nobody relies on the manager yet.
//
// Otherwise the process would have to be killed where the API server does not answer, or a right is missing. Building a manager waits for
// the API server whatever happens. A manager of controller-runtime waits for its caches whatever happens, and keeps a processor busy once
// ctx has ended: https://github.com/kubernetes-sigs/controller-runtime/pull/3440.
func serve(ctx, told context.Context, build func() (manager.Manager, error)) error {
	built, ended := make(chan manager.Manager, 1), make(chan error, 1)
	go func() {
		mgr, err := build()
		if err != nil {
			ended <- err
			return
		}
		built <- mgr
		ended <- mgr.Start(ctx)
	}()
	select {
	case err := <-ended:
		return err
	case <-told.Done():
	}
	select {
	case mgr := <-built:
		select {
		case <-mgr.Elected(): // Without an election of controller-runtime's own, all is started by then.
			return <-ended
		default:
		}
	default:
	}
	return nil
}
