package nutshelltest

func (w *view) task(t *task) {
	w.begin(&t.head)
	w.kstr("title", t.name)
	w.kstr("description", t.description)
	w.ktime("dueTime", t.due)
	w.ktime("completedTime", t.completed)
	w.key("assignee")
	w.stub(t.assignee)
	w.key("entity")
	w.stub(t.entity)
	w.creator(&t.head)
	w.times(&t.head)
	w.close('}')
}

func (w *view) activity(a *activity) {
	w.begin(&a.head)
	w.kstr("name", a.name)
	w.kstr("description", a.description)
	w.knum("status", int64(a.shownStatus(w.now)))
	w.key("activityType")
	w.reference(a.activityType)
	w.ktime("startTime", a.start)
	w.ktime("endTime", a.end)
	w.kbool("isAllDay", a.allDay)
	w.kbool("isTimed", a.timed)
	w.kbool("isFlagged", a.flagged)
	w.location(a)
	w.key("participants")
	w.open('[')
	for _, r := range a.participants {
		w.participant(r)
	}
	w.close(']')
	w.activityLeads(a)
	logged := a.logNote
	if logged != nil && !logged.live() {
		logged = nil
	}
	if !w.full() {
		w.key("loggedBy")
		if a.status == 1 {
			w.person(a.creator)
		} else {
			w.null()
		}
		text := ""
		if logged != nil {
			text = w.noteText(logged.text)
		}
		w.kstr("logDescription", text)
	}
	w.key("logNote")
	if logged == nil {
		w.null()
	} else {
		w.listedNote(logged, kActivities)
	}
	if w.full() {
		w.creator(&a.head)
	}
	w.times(&a.head)
	w.close('}')
}

func (w *view) location(a *activity) {
	switch {
	case w.full():
		w.kstr("location", a.location)
	case a.location != "":
		w.key("location")
		w.open('{')
		w.addressParts(address{partLine1: a.location}, false)
		w.close('}')
	}
}

func (w *view) participant(r record) {
	if !r.base().live() {
		return
	}
	switch r := r.(type) {
	case *contact:
		w.contactStub(r)
	case *account:
		w.accountStub(r)
	case *user:
		w.userStub(r, true)
	}
	if !w.full() {
		w.knum("status", 0)
	}
	w.close('}')
}

func (w *view) activityLeads(a *activity) {
	var live []*lead
	for _, l := range a.leads {
		if l.live() {
			live = append(live, l)
		}
	}
	if !w.full() {
		w.key("lead")
		if len(live) > 0 {
			w.stub(live[0])
		} else {
			w.null()
		}
	}
	w.key("leads")
	w.open('[')
	for _, l := range live {
		w.stub(l)
	}
	w.close(']')
}
