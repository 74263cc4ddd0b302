package target_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/internal/target"
)

func TestThePrimaryNumberFollowsTheMapUntilAPersonChose(t *testing.T) {
	named := target.NameParts("Ines", "Okafor")
	mobile, work, home := target.Phone("mobile", "512-555-0101"), target.Phone("work", "512-555-0102"), target.Phone("home", "512-555-0103")
	before, after := []target.Want{named, work, home}, []target.Want{named, mobile, work, home}
	numbers := func(work, home string, homeLeads bool) func(map[string]any) {
		return func(state map[string]any) {
			state["phone"] = []item{{"home", home, homeLeads}, {"work", work, !homeLeads}}
		}
	}
	for name, c := range map[string]struct {
		people  func(state map[string]any)
		primary target.Path
	}{
		"nobody touched it":             {nil, "phone:mobile"},
		"a person chose another":        {numbers("512-555-0102", "512-555-0103", true), "phone:home"},
		"a person corrected the number": {numbers("512-555-0199", "512-555-0103", false), "phone:work"},
		"a person's edit elsewhere":     {func(s map[string]any) { s["description"] = "called" }, "phone:mobile"},
	} {
		t.Run(name, func(t *testing.T) {
			l := load(newServer(t), before)
			assert.Equal(t, target.Path("phone:work"), l.v.Primary["phone"])
			if c.people != nil {
				l.edited(c.people)
			}
			l.delta(after)
			assert.Equal(t, c.primary, l.v.Primary["phone"])
			assert.ElementsMatch(t, []target.Path{"phone:mobile", "phone:work", "phone:home"}, l.v.Entries("phone"))
			l.delta(before)
			assert.NotContains(t, l.v.Entries("phone"), target.Path("phone:mobile"))
		})
	}
}
