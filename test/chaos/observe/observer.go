// Package observe is the observer of a chaos run: a process of its own that watches from outside, before anything happens, and
// lets the judge look at every version that it sees.
package observe

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
)

// Prefix is how the names of the namespaces begin that are observed.
const Prefix = "chaos-"

// Question is what the observer is asked.
type Question string

const (
	// Started asks for an answer once everything is watched.
	Started Question = "started"
	// Unsettled asks what is not yet as it has to be, by what the watches have shown.
	Unsettled Question = "unsettled"
	// Verdict asks for all violations. The observer lists everything first, and takes what is unsettled for a violation.
	Verdict Question = "verdict"
	// Left asks what exists although everything is released.
	Left Question = "left"
	// Final is a Verdict in which whatever is left is a violation.
	Final Question = "final"
)

// collection is how long the garbage collector may take to see to an object that nothing else concerns. It takes less than a second,
// and tries again later if the API server did not answer.
const collection = 30 * time.Second

// Message is a line that the observer reads: a note, or a question that it answers.
type Message struct {
	Note *judge.Note `json:"note,omitempty"`
	Ask  Question    `json:"ask,omitempty"`
}

// Answer is a line that the observer writes.
type Answer struct {
	Violations []judge.Violation `json:"violations"`
	// Stuck is what the garbage collector alone has to see to, and has not for a while. Answers to Unsettled and Left have it.
	Stuck []judge.Stuck `json:"stuck,omitempty"`
	// Abandoned are the namespaces that Kubernetes has ended before what was in them, a while ago. Answers to Unsettled and Left have it.
	Abandoned []string `json:"abandoned,omitempty"`
	// Excepted is what would be a violation, and is not promised.
	Excepted []judge.Violation `json:"excepted,omitempty"`
	// Seen is how many objects of each kind there have been.
	Seen map[judge.Kind]int `json:"seen"`
	// Versions is how many versions of objects were judged. Resumed is how often a watch went on where it had ended, Listed how
	// often only a list could tell, and Missed how many objects had gone meanwhile.
	Versions, Resumed, Listed, Missed int
}

// Observer watches and judges.
type Observer struct {
	client client.WithWatch
	log    *json.Encoder

	mu     sync.Mutex
	judge  *judge.Judge
	last   map[types.UID]string
	answer Answer
	broken error

	followers []*follower
}

// New returns an Observer that writes a line of JSON to log for everything that it sees.
func New(c client.WithWatch, log io.Writer) *Observer {
	return &Observer{client: c, log: json.NewEncoder(log), judge: judge.New(), last: map[types.UID]string{}}
}

// Run watches, and answers what it reads until that ends. It returns an error if something may have escaped it.
func (o *Observer) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	var following sync.WaitGroup
	defer following.Wait()
	defer cancel()
	for _, kind := range judge.Kinds() {
		f := &follower{client: o.client, kind: kind, saw: o.saw, listed: o.listed, resume: o.resumed, refresh: make(chan chan struct{})}
		o.followers = append(o.followers, f)
		following.Go(func() {
			if err := f.follow(ctx); ctx.Err() == nil {
				o.mu.Lock()
				o.broken = fmt.Errorf("watching %s: %w", kind, err)
				o.mu.Unlock()
				cancel()
			}
		})
	}
	lines := bufio.NewScanner(in)
	answers := json.NewEncoder(out)
	for lines.Scan() {
		var m Message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("reading %q: %w", lines.Text(), err)
		}
		if m.Note != nil {
			o.note(*m.Note)
			continue
		}
		answer, err := o.reply(ctx, m.Ask)
		if err != nil {
			return err
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

// reply answers a question.
func (o *Observer) reply(ctx context.Context, ask Question) (*Answer, error) {
	if ask != Unsettled && ask != Left {
		if err := o.listAll(ctx); err != nil {
			return nil, err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken != nil {
		return nil, o.broken
	}
	now := time.Now()
	switch ask {
	case Started:
	case Unsettled:
		return o.open(now, o.judge.Unsettled(now)), nil
	case Left:
		return o.open(now, o.judge.Left(now)), nil
	case Final:
		o.judge.Convict(o.judge.Left(now))
		o.judge.Verdict(now)
	case Verdict:
		o.judge.Verdict(now)
	default:
		return nil, fmt.Errorf("there is no question %q", ask)
	}
	answer := o.answer
	answer.Violations, answer.Excepted, answer.Seen = o.judge.Violations(), o.judge.Excepted(), map[judge.Kind]int{}
	for _, kind := range judge.Kinds() {
		answer.Seen[kind] = o.judge.Seen(kind)
	}
	return &answer, nil
}

// open answers what is still open, and what only Kubernetes can see to.
func (o *Observer) open(now time.Time, violations []judge.Violation) *Answer {
	return &Answer{Violations: violations, Stuck: o.judge.Stuck(now, collection), Abandoned: o.judge.Abandoned(now, collection)}
}

// listAll lets every follower list, and waits for that: what happened before is known then.
func (o *Observer) listAll(ctx context.Context) error {
	for _, f := range o.followers {
		done := make(chan struct{})
		select {
		case f.refresh <- done:
		case <-ctx.Done():
			return o.end(ctx)
		}
		select {
		case <-done:
		case <-ctx.Done():
			return o.end(ctx)
		}
	}
	return nil
}

func (o *Observer) end(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken != nil {
		return o.broken
	}
	return ctx.Err()
}

func (o *Observer) note(n judge.Note) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.judge.Note(n, time.Now())
	o.write("note", n)
}

// saw judges a version of an object of an observed namespace. It leaves out versions in which nothing differs that the judge knows.
func (o *Observer) saw(kind judge.Kind, obj client.Object, gone bool) error {
	place := obj.GetNamespace()
	if kind == judge.Namespace {
		place = obj.GetName()
	}
	if !strings.HasPrefix(place, Prefix) {
		return nil
	}
	facts, err := factsOf(kind, obj)
	if err != nil {
		return err
	}
	text := fmt.Sprint(facts)
	o.mu.Lock()
	defer o.mu.Unlock()
	if !gone && o.last[facts.UID] == text {
		return nil
	}
	o.last[facts.UID] = text
	o.answer.Versions++
	name := "seen"
	if gone {
		name = "gone"
	}
	o.write(name, facts)
	for _, v := range o.judge.Observe(facts, gone, time.Now()) {
		o.write("violation", v)
	}
	return nil
}

func (o *Observer) listed(kind judge.Kind, present map[types.UID]bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer.Listed++
	missed := o.judge.Missing(kind, present, time.Now())
	o.answer.Missed += missed
	o.write("listed", map[string]any{"kind": kind, "missed": missed, "present": len(present)})
}

func (o *Observer) resumed(kind judge.Kind, why error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer.Resumed++
	o.write("resumed", map[string]any{"kind": kind, "why": fmt.Sprint(why)})
}

// write writes a line of the log. The caller holds the lock.
func (o *Observer) write(event string, what any) {
	if err := o.log.Encode(map[string]any{"at": time.Now(), "event": event, "what": what}); err != nil && o.broken == nil {
		o.broken = fmt.Errorf("writing the log: %w", err)
	}
}
