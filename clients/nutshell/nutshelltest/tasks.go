package nutshelltest

import "slices"

var taskKeys = []string{"title", "description", "dueTime", "completedTime", "assignee", "entity"}

func (p *parser) task(t *task, in object, creating bool) *Error {
	return firstOf(
		func() *Error { return p.record(in, taskKeys) },
		func() *Error { return p.required(in, "title", maxName, &t.name) },
		func() *Error { return p.text(in, "description", maxLong, &t.description) },
		func() *Error { return p.time(in, "dueTime", &t.due) },
		func() *Error { return p.owner(in, "assignee", creating, &t.assignee) },
		func() *Error { return p.entity(in, &t.entity) },
		func() *Error {
			if creating {
				return nil
			}
			if err := p.time(in, "completedTime", &t.completed); err != nil {
				return err
			}
			if _, sent := in["completedTime"]; sent && t.completed != 0 && p.cfg.IgnoreCompletedTime {
				t.completed = p.now
			}
			return nil
		},
	)
}

func (p *parser) entity(in object, to *record) *Error {
	v, sent := in["entity"]
	if !sent {
		return nil
	}
	if v == nil {
		*to = nil
		return nil
	}
	r, err := p.linked("entity", v, parentKinds...)
	if err == nil {
		*to = r
	}
	return err
}

func (p *parser) createTask(in object) (*task, *Error) {
	t := &task{head: p.newHead(kTasks)}
	if err := p.task(t, in, true); err != nil {
		return nil, err
	}
	t.id = p.db.tasks.newID()
	p.db.tasks.add(t, p.born)
	moveRow(p.db.tasksOf, t, nil, one(t.entity))
	p.bumpParents(t.entity)
	return t, nil
}

func (p *parser) editTask(t *task, in object) *Error {
	draft := *t
	if err := p.task(&draft, in, false); err != nil {
		return err
	}
	moveRow(p.db.tasksOf, t, one(t.entity), one(draft.entity))
	*t = draft
	t.touch(p.now)
	p.db.changed(kTasks, p.now)
	return nil
}

func one(r record) []record {
	if r == nil {
		return nil
	}
	return []record{r}
}

// moveRow keeps the list of rows that hang on a record.
func moveRow[T record](index map[record][]T, row T, from, to []record) {
	for _, r := range from {
		if slices.Contains(to, r) {
			continue
		}
		list := slices.DeleteFunc(index[r], func(x T) bool { return x.base() == row.base() })
		if len(list) == 0 {
			delete(index, r)
		} else {
			index[r] = list
		}
	}
	for _, r := range to {
		if !slices.Contains(from, r) {
			index[r] = append(index[r], row)
		}
	}
}
