package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"
)

// drain is how long a stopping server still answers, for clients that do not know yet.
const drain = 2 * time.Second

// serve answers with the name of its Pod.
func serve(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	address := flags.String("listen", ":8080", "the address to listen at")
	if err := flags.Parse(args); err != nil {
		return err
	}
	handler := http.NewServeMux()
	handler.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		name, _ := os.Hostname() // An empty name says as much.
		fmt.Println(r.Method, r.URL.Path, "from", r.RemoteAddr)
		fmt.Fprintln(w, name)
	})
	return listen(ctx, &http.Server{Addr: *address, Handler: handler}, "", "")
}

// listen serves until the context ends, with TLS if there is a certificate. It answers /healthz, and answers /readyz until it
// is told to end.
func listen(ctx context.Context, server *http.Server, certificate, key string) error {
	inner := server.Handler
	probes := http.NewServeMux()
	probes.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	probes.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if ctx.Err() != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	probes.Handle("/", inner)
	server.Handler, server.ReadHeaderTimeout = probes, 10*time.Second

	done := make(chan error, 1)
	go func() {
		<-ctx.Done()
		time.Sleep(drain) // The Service leads elsewhere by then, of which a Pod is not told.
		ending, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		done <- server.Shutdown(ending)
	}()
	fmt.Println("listening at", server.Addr)
	var err error
	if certificate == "" {
		err = server.ListenAndServe()
	} else {
		err = server.ListenAndServeTLS(certificate, key)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return <-done
	}
	return err
}
