package nutshelltest

import "slices"

func findActivities(c *call) *Error {
	g, err := c.paging(true, "name")
	if err != nil {
		return err
	}
	in, err := c.query("leadId", "contactId", "userId", "status", "activityTypeId", "isFlagged", "startTime", "endTime")
	if err != nil {
		return err
	}
	q := &selection[*activity]{table: c.db.activities}
	for _, by := range []struct {
		key string
		of  kind
	}{{"leadId", kLeads}, {"contactId", kContacts}, {"userId", kUsers}} {
		id, sent, err := queryID(in, by.key)
		if err != nil {
			return err
		}
		if sent {
			var rows []*activity
			if r := c.db.record(by.of, id); r != nil && r.base().live() {
				rows = c.db.activitysOf[r]
			}
			q.within(rows)
		}
	}
	if err := c.activitiesByValue(in, q); err != nil {
		return err
	}
	printRows(c, q.rows(g, nil), g.stub)
	return nil
}

func (c *call) activitiesByValue(in object, q *selection[*activity]) *Error {
	status, sent, err := queryInts(in, "status")
	if err != nil {
		return err
	}
	if sent {
		q.where(func(a *activity) bool {
			return slices.Contains(status, int64(a.status)) || slices.Contains(status, int64(a.shownStatus(c.now)))
		})
	}
	types, sent, err := queryInts(in, "activityTypeId")
	if err != nil {
		return err
	}
	if sent {
		q.where(func(a *activity) bool { return slices.Contains(types, a.activityType.id) })
	}
	if v, sent := in["isFlagged"]; sent {
		want, ok := v.(bool)
		if !ok {
			return badParam("query.isFlagged")
		}
		q.where(func(a *activity) bool { return a.flagged == want })
	}
	for _, k := range []string{"startTime", "endTime"} {
		v, sent := in[k]
		if !sent {
			continue
		}
		s, _ := v.(string)
		t, ok := parseTime(s)
		if !ok {
			return badParam("query." + k)
		}
		if k == "startTime" {
			q.where(func(a *activity) bool { return a.start >= t })
		} else {
			q.where(func(a *activity) bool { return a.start <= t })
		}
	}
	return nil
}
