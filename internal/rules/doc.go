// Package rules holds every decision of Namesake as a pure function: objects and the time come in, values come out.
//
// Webhooks and reconcilers call the same functions: the webhook refuses what a rule forbids, the reconciler does what
// it says. Nothing here has a client, a context, a clock or a logger.
//
// Functions named Check return what is wrong as a field.ErrorList; New and Build return fresh objects; Plan, Pick and
// Next decide. No function changes its arguments.
package rules
