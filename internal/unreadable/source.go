package unreadable

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// source lists and watches the objects of a kind, and leaves out those that are unreadable. It implements
// cache.ListerWatcher.
type source struct {
	codec

	client    rest.Interface
	namespace string // or empty for all
	register  *Register
}

// newRESTClient returns a client for the kind. It asks for JSON, which codec reads.
func (k *kind) newRESTClient(cfg *rest.Config, connection *http.Client, scheme *runtime.Scheme) (rest.Interface, error) {
	cfg = rest.CopyConfig(cfg)
	cfg.GroupVersion, cfg.APIPath = &k.version, "/apis"
	cfg.ContentType, cfg.AcceptContentTypes = runtime.ContentTypeJSON, runtime.ContentTypeJSON
	cfg.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion() // It decodes errors.
	if cfg.UserAgent == "" {
		cfg.UserAgent = rest.DefaultKubernetesUserAgent()
	}
	c, err := rest.RESTClientForConfigAndClient(cfg, connection)
	if err != nil {
		return nil, fmt.Errorf("creating the client for %s: %w", k.resource, err)
	}
	return c, nil
}

func (s *source) request(options *metav1.ListOptions) *rest.Request {
	return s.client.Get().NamespaceIfScoped(s.namespace, s.namespace != "").Resource(s.resource).
		VersionedParams(options, metav1.ParameterCodec)
}

// List implements cache.Lister.
func (s *source) List(options metav1.ListOptions) (runtime.Object, error) {
	return s.ListWithContext(context.Background(), options)
}

// ListWithContext implements cache.ListerWithContext.
func (s *source) ListWithContext(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
	text, err := raw(s.request(&options).Do(ctx))
	if err != nil {
		return nil, err
	}
	list, left, err := s.decodeList(text)
	if err != nil {
		return nil, err
	}
	if options.Continue == "" {
		s.register.begin(s.name, s.namespace)
	}
	for _, unreadable := range left {
		s.register.add(unreadable)
	}
	if list.GetContinue() == "" {
		s.register.end(s.name, s.namespace)
	}
	return list, nil
}

// Watch implements cache.Watcher.
func (s *source) Watch(options metav1.ListOptions) (watch.Interface, error) {
	return s.WatchWithContext(context.Background(), options)
}

// WatchWithContext implements cache.WatcherWithContext.
func (s *source) WatchWithContext(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	options.Watch, options.AllowWatchBookmarks = true, true
	body, err := s.request(&options).Stream(ctx)
	if err != nil {
		return nil, err
	}
	if options.SendInitialEvents != nil && *options.SendInitialEvents {
		s.register.begin(s.name, s.namespace)
	}
	return watch.NewStreamWatcher(&events{source: s, body: body, decoder: json.NewDecoder(body)},
		apierrors.NewClientErrorReporter(http.StatusInternalServerError, http.MethodGet, "ClientWatchDecoding")), nil
}

// events decodes the events of a watch. It implements watch.Decoder.
type events struct {
	source  *source
	body    io.ReadCloser
	decoder *json.Decoder
}

// Close implements watch.Decoder.
func (e *events) Close() { _ = e.body.Close() }

// Decode implements watch.Decoder. An event of an unreadable object becomes its deletion.
func (e *events) Decode() (watch.EventType, runtime.Object, error) {
	var event struct {
		Type   watch.EventType `json:"type"`
		Object json.RawMessage `json:"object"`
	}
	if err := e.decoder.Decode(&event); err != nil {
		return "", nil, err
	}
	if event.Type == watch.Error {
		status := &metav1.Status{}
		return watch.Error, status, json.Unmarshal(event.Object, status)
	}
	object, unreadable := e.source.decode(event.Object)
	if unreadable != nil {
		return e.source.leaveOut(event.Type, unreadable)
	}
	if event.Type == watch.Bookmark {
		if object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true" {
			e.source.register.end(e.source.name, e.source.namespace)
		}
	} else {
		e.source.register.remove(e.source.name, client.ObjectKeyFromObject(object))
	}
	return event.Type, object, nil
}

// leaveOut returns the event that takes the place of an event of an unreadable object. If the object has no name, there is no
// such event, and the watch ends with an error.
func (s *source) leaveOut(event watch.EventType, unreadable *Error) (watch.EventType, runtime.Object, error) {
	if unreadable.Object.Name == "" {
		return "", nil, unreadable
	}
	if event == watch.Deleted {
		s.register.remove(s.name, unreadable.key())
	} else {
		s.register.add(unreadable)
	}
	object, err := s.remains(unreadable)
	return watch.Deleted, object, err
}

// raw returns the answer of the API server as it is, or its error.
func raw(result rest.Result) ([]byte, error) {
	if err := result.Error(); err != nil {
		return nil, err
	}
	return result.Raw()
}
