package observe

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
)

// Process is an observer that runs in a process of its own.
type Process struct {
	command *exec.Cmd
	in      io.WriteCloser

	mu      sync.Mutex // It orders what is written.
	asking  sync.Mutex // It lets one wait for an answer at a time.
	answers *bufio.Scanner
	failed  error
}

// Start starts the observer: program is the path of a program that calls Run, with these arguments.
func Start(ctx context.Context, program string, args ...string) (*Process, error) {
	p := &Process{command: exec.CommandContext(ctx, program, args...)}
	p.command.Stderr = os.Stderr
	in, err := p.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.answers = in, bufio.NewScanner(out)
	p.answers.Buffer(nil, 64<<20)
	p.command.WaitDelay = time.Second
	return p, p.command.Start()
}

// Note tells the observer what a user did. That it could not be told shows at the next question.
func (p *Process) Note(n judge.Note) {
	if err := p.send(Message{Note: &n}); err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.failed = errors.Join(p.failed, err)
	}
}

// Ask asks the observer, and waits for its answer.
func (p *Process) Ask(q Question) (Answer, error) {
	p.asking.Lock()
	defer p.asking.Unlock()
	if err := p.send(Message{Ask: q}); err != nil {
		return Answer{}, err
	}
	if !p.answers.Scan() {
		return Answer{}, errors.Join(errors.New("the observer has ended: what happened since is not known"), p.answers.Err())
	}
	var answer Answer
	if err := json.Unmarshal(p.answers.Bytes(), &answer); err != nil {
		return Answer{}, fmt.Errorf("reading the observer's answer: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return answer, p.failed
}

// End lets the observer end.
func (p *Process) End() error {
	return errors.Join(p.in.Close(), p.command.Wait())
}

func (p *Process) send(m Message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("telling the observer: %w", err)
	}
	return nil
}
