package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
)

// review is the part of an AdmissionReview that a decision by labels needs.
type review struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Request    *request  `json:"request,omitempty"`
	Response   *response `json:"response,omitempty"`
}

type request struct {
	UID    string `json:"uid"`
	Object struct {
		Metadata struct {
			Labels map[string]string `json:"labels"`
		} `json:"metadata"`
	} `json:"object"`
}

type response struct {
	UID     string `json:"uid"`
	Allowed bool   `json:"allowed"`
	Status  status `json:"status"`
}

type status struct {
	Message string `json:"message,omitempty"`
}

// webhook denies objects with the label deny=yes.
func webhook(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("webhook", flag.ExitOnError)
	address := flags.String("listen", ":8443", "the address to listen at")
	certificate := flags.String("certificate", "/tls/tls.crt", "the file of the certificate")
	key := flags.String("key", "/tls/tls.key", "the file of its key")
	if err := flags.Parse(args); err != nil {
		return err
	}
	handler := http.NewServeMux()
	handler.HandleFunc("/validate", validate)
	return listen(ctx, &http.Server{Addr: *address, Handler: handler}, *certificate, *key)
}

func validate(w http.ResponseWriter, r *http.Request) {
	var asked review
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Request == nil {
		http.Error(w, "this is no AdmissionReview", http.StatusBadRequest)
		return
	}
	answer := &response{UID: asked.Request.UID, Allowed: asked.Request.Object.Metadata.Labels["deny"] != "yes"}
	if !answer.Allowed {
		name, _ := os.Hostname() // An empty name says as much.
		answer.Status.Message = fmt.Sprintf("denied by %s: label deny=yes", name)
	}
	fmt.Println("allowed:", answer.Allowed)
	w.Header().Set("Content-Type", "application/json")
	// If this fails, the caller is gone.
	_ = json.NewEncoder(w).Encode(review{APIVersion: asked.APIVersion, Kind: asked.Kind, Response: answer})
}
