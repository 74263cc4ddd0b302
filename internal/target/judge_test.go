package target_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/internal/target"
)

func TestJudgeTellsPeoplesDoingFromFaults(t *testing.T) {
	wants := []target.Want{
		target.Text("description", "ours"), target.Phone("work", "5125550002"), target.Phone("fax", "5125550003"),
		target.Custom("Score", target.KindNumber, "1"), target.Email("new@x.example"), target.Omit("url", "x y", "refused"),
	}
	_, l, _ := existing(newServer(t), users(), wants)
	l.edited(func(state map[string]any) {
		phones := state["phone"].([]item)
		for i := range phones {
			if phones[i].label == "work" {
				phones[i].value = "5125550077"
			}
		}
	})
	l.base["custom:Score"] = plain("2") // the server stored another number
	l.edited(func(state map[string]any) { state["customFields"].(map[string]any)["Score"] = 2 })
	got := map[string]target.Standing{}
	verdicts := map[string]string{}
	for _, j := range target.Judge(wants, l.base, l.ours, l.v, plain, migrated.resolve) {
		got[j.Field], verdicts[j.Field] = j.Standing, j.Verdict
	}
	assert.Equal(t, map[string]target.Standing{"description": target.Yielded, "phone.work": target.Edited, "phone.fax": target.Holds,
		"customFields.Score": target.Faulty, "email": target.Holds, "url": target.Holds}, got)
	assert.Equal(t, map[string]string{"description": "truncated", "phone.work": "mismatch", "phone.fax": "equal",
		"customFields.Score": "mismatch", "email": "equal", "url": "truncated"}, verdicts)
	assert.Len(t, target.Held(wants, l.base, l.ours, migrated.resolve), len(wants)-1)
}
