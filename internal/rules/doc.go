// Package rules decides what Namesake's webhooks refuse and what its reconcilers do. It consists of pure functions:
// objects and the current time come in, values come out.
//
// Webhooks and reconcilers call the same functions. A webhook refuses what a rule forbids, and a reconciler does what a
// rule asks for. The package has no client, context, clock or logger: it reads and writes nothing itself, and does not
// decide when to reconcile.
//
// Functions named Check return what is wrong as a field.ErrorList. CheckPodTakeover is an exception and returns an
// error. Functions named New return new objects. Functions named Plan and Next decide what to do next. No exported
// function changes its arguments. A TemplateSnapshot caches the results of its own comparisons.
package rules
