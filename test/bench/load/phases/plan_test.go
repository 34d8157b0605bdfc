package phases

import (
	"slices"
	"testing"
)

func names(stages []Stage) []string {
	var found []string
	for _, title := range Titles(stages) {
		found = append(found, title.Name)
	}
	return found
}

func TestPlan(t *testing.T) {
	for name, test := range map[string]struct {
		length Length
		want   []string
	}{
		"short": {Short, []string{"floor", "warm", "cold", "burst20", "rate20"}},
		"usual": {Usual, []string{"floor", "warm", "cold", "burst100", "rate50", "warm1000", "burst300", "rate100", "rate200"}},
		"long":  {Long, []string{"floor", "warm", "cold", "burst100", "rate50", "warm1000", "burst300", "rate100", "rate200", "warm5000"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := names(Plan(test.length))
			if !slices.Equal(got, test.want) {
				t.Errorf("phases %v, want %v", got, test.want)
			}
			if sorted := slices.Sorted(slices.Values(got)); len(slices.Compact(sorted)) != len(got) {
				t.Error("two phases have one name")
			}
		})
	}
}

func TestSelect(t *testing.T) {
	all := Plan(Usual)
	got, err := Select(all, []string{"floor", "burst300", "cold"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"floor", "cold", "burst300"}; !slices.Equal(names(got), want) {
		t.Errorf("selected %v, want %v", names(got), want)
	}
	if got, err = Select(all, nil); err != nil || len(got) != len(all) {
		t.Errorf("no names: %d stages, %v", len(got), err)
	}
	if _, err = Select(all, []string{"burst3000"}); err == nil {
		t.Error("a phase was found that does not exist")
	}
	brief := Without(all, func(_ Stage, step Step) bool { return step.Optional })
	if want := []string{"floor", "warm", "cold", "burst100", "rate50", "warm1000", "burst300"}; !slices.Equal(names(brief), want) {
		t.Errorf("without optional steps: %v, want %v", names(brief), want)
	}
	if len(all[3].Steps) != 4 {
		t.Error("selecting changed the plan")
	}
}
