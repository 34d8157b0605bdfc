package main

import "github.com/go-logr/logr"

// manyWorkers is the number of workers beyond which more are no help, because they wait for the API server.
const manyWorkers = 1000

// warn logs which flags do not do what somebody may expect.
func (o *options) warn(log logr.Logger) {
	for _, flag := range o.ignored.given() {
		log.Info("Flag has no effect", "flag", flag.name, "because", flag.why)
	}
	workers := o.sandboxWorkers + o.claimWorkers + o.poolWorkers + o.templateWorkers
	if workers > manyWorkers {
		log.Info("So many workers load the API server and gain nothing", "workers", workers, "atMost", manyWorkers)
	}
	if o.qps > 0 && workers > o.burst {
		log.Info("Workers will wait for each other: more of them than --kube-api-burst lets through at once", "workers", workers, "burst", o.burst)
	}
}
