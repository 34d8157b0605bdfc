package search

import (
	"fmt"
	"slices"
	"testing"
)

// counter is a model that counts from 0 up, by one (A = 1) or by three, or begins anew (A = 0). A state breaks at its limit.
type counter struct{ limit int }

func (counter) Start() int { return 0 }

func (counter) Steps(s *int, into []Step) []Step {
	into = append(into, Step{A: 1}, Step{A: 3})
	if *s > 0 {
		into = append(into, Step{A: 0})
	}
	return into
}

func (counter) Take(s *int, step Step) {
	if step.A == 0 {
		*s = 0
	}
	*s = (*s + int(step.A)) % 10
}

func (counter) Key(s *int, into []byte) []byte { return append(into, byte(*s)) }

func (c counter) Broken(s *int) string {
	if *s == c.limit {
		return fmt.Sprint(*s)
	}
	return ""
}

func (counter) Words(s, after *int, step Step) string { return fmt.Sprint(*s, step.A, *after) }

func TestAll(t *testing.T) {
	whole := All(counter{limit: 99}, 1000, nil)
	if whole.States != 10 || !whole.Whole || whole.Broken != "" || whole.Depth != 4 { // 8 = 3+3+1+1.
		t.Errorf("%+v", whole)
	}
	if some := All(counter{limit: 99}, 4, nil); some.States != 4 || some.Whole {
		t.Errorf("%+v", some)
	}
	found := All(counter{limit: 7}, 1000, nil)
	if found.Broken != "7" || len(found.Schedule) != 3 || found.Schedule[2] != "4 3 7" && found.Schedule[2] != "6 1 7" {
		t.Errorf("%+v", found)
	}
	visited := All(counter{limit: 99}, 1000, func(s *int) string {
		if *s == 6 {
			return "six"
		}
		return ""
	})
	if visited.Broken != "six" || len(visited.Schedule) != 2 {
		t.Errorf("%+v", visited)
	}
}

func TestWalkAndShorten(t *testing.T) {
	long := []Step{{A: 1}, {A: 0}, {A: 3}, {A: 1}, {A: 1}, {A: 0}, {A: 3}, {A: 3}, {A: 1}}
	state, next := 0, -1
	steps, broken := Walk(counter{limit: 7}, &state, 100, func([]Step) Step {
		next++
		return long[next]
	})
	if broken != "7" || !slices.Equal(steps, long) {
		t.Fatalf("%v after %v", broken, steps)
	}
	short := Shorten(counter{limit: 7}, steps, func(*int) string { return "" })
	if len(short) != 3 {
		t.Errorf("shortened to %v", short)
	}
	if _, end, broken := Replay(counter{limit: 7}, short); broken != "7" || end != 7 {
		t.Errorf("it ends with %d", end)
	}
	if taken, _, _ := Replay(counter{limit: 99}, []Step{{A: 0}, {A: 3}}); len(taken) != 1 {
		t.Errorf("it takes %v, of which the first is not possible", taken)
	}
}

func TestWeighted(t *testing.T) {
	isOurs := func(step Step) bool { return step.A == 1 }
	draw := 0
	choose := Weighted(isOurs, 3, func(n int) int { return draw % n })
	for draw = range 10 {
		step := choose([]Step{{A: 1}, {A: 3}})
		if isOurs(step) != (draw >= 3) {
			t.Errorf("%d draws %v", draw, step)
		}
	}
	if step := choose([]Step{{A: 3}}); step.A != 3 {
		t.Errorf("of one step, it draws %v", step)
	}
}
