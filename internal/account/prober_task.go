package account

import (
	"context"

	"rezora2nutshell/clients/nutshell"
)

// probeTask is what P15 is for leads: whether a completed task keeps the time that is given.
func (s *session) probeTask(ctx context.Context) error {
	task, _, err := s.create(ctx, nutshell.Tasks, "task", map[string]any{"title": s.text(), "entity": s.contacts[0].Type.Link(s.contacts[0].ID)})
	if err != nil {
		return err
	}
	s.moved(s.contacts[0])
	s.judgeOrder(nutshell.Tasks, task)
	asked := lastYear()
	if task, err = s.edit(ctx, "task/complete", task, map[string]any{"completedTime": asked.Format(wireTime)}); err != nil {
		return err
	}
	got, _ := nutshell.Time(task.Raw["completedTime"])
	if s.out.CompletesNow = !got.Equal(asked); s.out.CompletesNow {
		s.out.Add("P15", "a given completion time of a task is not kept; the original stands in records/")
	}
	return nil
}
