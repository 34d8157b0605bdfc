package faults

import (
	"net/http"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/endpoints/request"
)

// call is a request of the manager to the API server.
type call struct {
	// what is the verb and the resource, as "patch sandboxclaims/status". That of a watch is "watch pods".
	what string
	// name is that of the object, or "" where there is none.
	name string
	// watch says that the answer is a stream.
	watch bool
	// counts is false for events, which are written some time after what they tell of, and are lost if the manager ends: they are
	// carried out as if there were no test.
	counts bool
}

// resolver says what a request asks for, as the API server itself finds out.
var resolver = &request.RequestInfoFactory{
	APIPrefixes: sets.NewString("api", "apis"), GrouplessAPIPrefixes: sets.NewString("api"),
}

// callOf returns what a request asks for. Its error is that of a request that the API server would not understand.
func callOf(r *http.Request) (call, error) {
	info, err := resolver.NewRequestInfo(r)
	if err != nil {
		return call{}, err
	}
	resource := info.Resource
	if info.Subresource != "" {
		resource += "/" + info.Subresource
	}
	return call{
		what: info.Verb + " " + resource, name: info.Name, watch: info.Verb == "watch",
		counts: info.IsResourceRequest && info.Resource != "events",
	}, nil
}
