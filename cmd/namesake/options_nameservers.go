package main

import (
	"flag"
	"fmt"
	"strings"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// nameserverOptions says which nameservers Pods ask that a template leaves to the operator.
type nameserverOptions struct{ addresses string }

func defaultNameservers() nameserverOptions {
	return nameserverOptions{addresses: strings.Join(rules.DefaultNameservers(), ",")}
}

func (o *nameserverOptions) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.addresses, "default-nameservers", o.addresses,
		"IP addresses, separated by commas and at most three, of the nameservers of new Sandboxes whose template has the default NetworkPolicy and names none. Pods may reach the port of DNS there, if the addresses are private.")
}

// nameservers returns what the flag says, or every problem with it.
func (o *nameserverOptions) nameservers() (rules.Nameservers, error) {
	nameservers, err := rules.ParseNameservers(o.addresses)
	if err != nil {
		return nil, fmt.Errorf("--default-nameservers: %s", strings.ReplaceAll(err.Error(), "\n", "\n--default-nameservers: "))
	}
	return nameservers, nil
}
