package report_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/union"
)

const (
	mapYAML = "policies:\n  existing: merge\n"
	root    = "5f1e0a9d5b7e24c86d10f2ab94e7735581c60d2e9fba4471380e5d6c7b2a9f10"
)

// sampleDiff is a small sample with every kind of result.
func sampleDiff() report.SampleDiff {
	field := func(name, source, target, verdict, reason string) report.DiffField {
		return report.DiffField{Field: name, Source: source, Target: target, Verdict: verdict, Reason: reason}
	}
	same := func(name, v string) report.DiffField { return field(name, v, v, "equal", "") }
	d := report.SampleDiff{Migration: "acme-2026", Approvers: []string{"jo@example.com", "kim@example.com"},
		Capabilities: []report.Capability{{Probe: "P15", Text: "a given closing time is not kept; the original stands in a custom field"}}}
	add := func(object, id, kind string, target int64, fields ...report.DiffField) {
		d.Records = append(d.Records, report.DiffRecord{Object: object, SourceID: id, TargetType: kind, TargetID: target, Fields: fields})
	}
	add("companies", "brk-12", "Accounts", 41,
		same("name", "Front Range Realty"), same("customFields.Rezora_ID__c", "brk-12"), same("url", "https://frontrange.example.com"),
		field("phone:main", "(303) 555-0100", "303-555-0100", "transformed", "the number as Nutshell writes it"))
	add("people", "9001234", "Contacts", 118,
		same("name", "Marisol Vega"), same("email", "mvega@example.com"),
		field("phone:mobile", "720-555-0142", "720-555-0143", "mismatch", "Nutshell shows another value"),
		field("customFields.Spouse Name", "Ana", "", "missing", "Nutshell does not show the value"),
		field("customFields.Distribution_Groups__c", "3 elements", `[{"id":"4711","name":"Past Clients","scope":"agent"}]`, "transformed", "the groups as JSON"),
		same("customFields.Rezora_ID__c", "9001234"), same("owner", "Priya Lindqvist"))
	add("people", "9001235", "Contacts", 119,
		same("name", "Ib O'Neil & Søn <kontor>"), same("email", "ib@example.com"),
		field("customFields.Engagement_History__c", "1912 elements", `[{"event_type":"open","campaign_name":"Just Listed: 14 Heron Ct","timestamp":"2024-03-04T18:22:09Z"},`+strings.Repeat(`{"event_type":"open","campaign_name":"Market Report","timestamp":"2024-03-04T18:22:09Z"},`, 20)+`]`,
			"truncated", "212 of 1912 elements do not fit; the whole array is in engagement/9001235.json"))
	add("people", "9001236", "Contacts", 120,
		same("name", "Noor Haddad"), same("email", "noor@example.com"),
		field("customFields.Price Range", "500-750k", "", "truncated", "none of the choices of the field; the value is in records/"),
		field("phone:home", "call my wife", "", "truncated", "no phone number; the value is in records/"))
	add("notes", "33017", "Notes", 901,
		same("note", "[Rezora note 33017] 2024-03-09T19:40:00Z - Priya Lindqvist (inferred)\n\nMet at open house.\nWants a yard."), same("on", "people/9001234"))
	add("tasks", "tsk-118", "Tasks", 300,
		same("title", "Send comparables"), field("dueTime", "2024-05-06T15:00:00Z", "2024-05-06T15:00:00+0000", "transformed", "the same time as Nutshell writes it"))
	add("leads", "8801", "Leads", 77,
		same("description", "Marisol Vega: info_request"),
		field("customFields.Rezora_Source__c", "info_request", "info_request ", "mismatch", "Nutshell shows another value"))
	for i := range 12 {
		add("people", fmt.Sprint(9002000+i), "Contacts", int64(200+i), same("name", fmt.Sprintf("Person Number %d", i+1)), same("email", fmt.Sprintf("p%d@example.com", i+1)))
	}
	d.Quarantined = []report.Quarantined{
		{Object: "people", SourceID: "9009999", Reason: "the contact has neither name, e-mail nor phone that Nutshell takes"},
		{Object: "attachments", SourceID: "att-510", Reason: "the bytes cannot be had: the download answered 404"},
	}
	return d
}

func preMigration() report.PreMigration {
	p := report.PreMigration{
		Migration: "acme-2026", MapDigest: strings.Repeat("ab", 32), Gate: true, Approvers: []string{"jo@example.com"}, Source: "http", Profile: "dv1",
		Objects: []report.Planned{
			{Object: "companies", Source: 214, Create: 190, Merge: 20, Link: 2, Quarantined: 2}, {Object: "people", Source: 61230, Create: 60100, Merge: 1122, Quarantined: 8},
			{Object: "leads", Source: 1810, Create: 1810}, {Object: "notes", Source: 15021, Create: 15020, Quarantined: 1}, {Object: "tasks", Source: 6022, Create: 6022},
			{Object: "activities", Source: 9101, Create: 9101}, {Object: "attachments", Source: 1204, Create: 1190, Quarantined: 14},
		},
		Owners: report.Owners{Agents: 120, Matched: 117, Policy: "wait", Orphans: []report.Orphan{
			{AgentID: "3110", Name: "Dana Okafor", Email: "dana.okafor@example.com", Records: 412}, {AgentID: "3111", Name: "Lee Brandt", Email: "lee.brandt@example.com", Disabled: true, Records: 88},
			{AgentID: "3190", Email: "old@example.com"},
		}},
		Fields: []mapping.PlannedField{
			{Entity: "Contacts", Name: "Rezora_ID__c", Type: "text", BuiltIn: true, Reason: "built-in field"},
			{Entity: "Contacts", Name: "Price Range", Type: "select", Choices: []string{"0-250k", "250-500k"}, Object: "contact", Property: "Price Range", Reason: "defined as enum"},
			{Entity: "Contacts", Name: "Rezora Birthday", Type: "text", Object: "contact", Property: "Birthday", Reason: "its own name is taken"},
			{Entity: "Accounts", Name: "Parent_Company__c", Type: "text", BuiltIn: true, Exists: true, Reason: "built-in field, exists in the account"},
		},
		Findings:   []mapping.Finding{{Code: mapping.FindingTypeDisagrees, Entity: "Contacts", Object: "contact", Name: "Home Anniversary", N: 31, Text: "31 of 4,120 values are no dates: the field is text"}},
		Plan:       report.Plan{Name: "Pro", Limits: []report.PlanLine{{What: "contacts", Needed: 61222, Allowed: 50000}, {What: "custom fields of people", Needed: 24, Allowed: 100}, {What: "open leads", Needed: 900}}},
		Duplicates: []report.Duplicate{{ContactIDs: []string{"9001234", "9044210"}}, {ContactIDs: []string{"9001240", "9001241", "9001242"}}},
		Coverage: []union.Coverage{
			{Resource: record.Contacts, AgentID: "3107", Coverage: union.Complete, Current: 212, Legacy: 215, Both: 208, LegacyOnly: 4, ResurrectSkipped: 3, UnsubscribedFromLegacy: 2, FieldDifferences: 17},
			{Resource: record.Contacts, AgentID: "3108", Coverage: union.NotChecked},
		},
		Resources:    []report.Resource{{Kind: "contacts", Offer: "offered", Records: 61230}, {Kind: "tasks", Offer: "not_offered", Notes: []string{"403 forbidden"}}, {Kind: "social_posts", Offer: "disabled"}},
		Capabilities: []report.Capability{{Probe: "P2", Text: "the key may act as other users: notes keep their author"}, {Probe: "P17", Text: "files on notes are not offered: links to the archive instead"}},
		Calls:        report.Calls{Create: 93000, Edit: 7100, Read: 2900, Upload: 1190},
		Discrepancies: report.Items([]union.Discrepancy{
			{Resource: record.Contacts, LegacyID: "9001240", CurrentID: "9001240", AgentID: "3107", Class: union.Live, Rule: union.SameID, Fields: []string{"phones.home", "name"}, Text: "fields differ: current stands"},
			{Resource: record.Contacts, LegacyID: "9001250", AgentID: "3107", Class: union.Tombstoned, Rule: union.TombstoneID, Text: "deleted in current, present in legacy: left out"},
			{Resource: record.DistributionGroups, LegacyID: "4799", AgentID: "3107", Class: union.New, Rule: union.ProbeAbsent, Text: "in legacy only: added"},
		}),
		Properties: []report.Property{
			{Object: "contact", Name: "Birthday", Defined: true, DataType: "date", Rows: 61230, Values: 8120, FillRate: 0.1326, Longest: 10, Distinct: 501, More: true,
				Agree: map[string]int64{"date": 8120}, Field: "Birthday", Type: "date"},
			{Object: "contact", Name: "Shoe size", Rows: 61230, Values: 3, FillRate: 0.00005, Longest: 2, Distinct: 2, Field: "", Type: ""},
		},
		Dangling: []report.Dangling{{Resource: record.Contacts, Field: "company_id", Names: record.Companies, Count: 5, Records: []string{"9001", "9002", "9003", "9004", "9005"}}},
		Fidelity: fidelity(),
	}
	p.Calls.Estimate(4, true)
	p.Quarantined.Add("people", "9009999", "nothing_to_create_by", "the contact has neither name, e-mail nor phone that Nutshell takes")
	p.Quarantined.Add("attachments", "att-510", "bytes_missing", "the bytes cannot be had: the download answered 404")
	p.Remarks.Add("people", "9001236", "value_refused", "phone:home: no phone number")
	p.Remarks.Add("people", "9001237", "value_refused", "email: no e-mail address")
	p.Remarks.Add("people", "9001238", "company_ambiguous", "several companies under the rule domain: stand-alone")
	p.Remarks.Add("people", "9001235", "array_shortened", "Engagement_History__c: 212 of 1912 elements do not fit; the whole array is in engagement/9001235.json")
	return p
}

func fidelity() report.Fidelity {
	var f report.Fidelity
	for _, x := range []mapping.Fate{
		{Object: "contacts", Field: "name", Fate: mapping.Carried, N: 61222}, {Object: "contacts", Field: "name", Fate: mapping.Refused, N: 8},
		{Object: "contacts", Field: "phones.home", Fate: mapping.Transformed, N: 22010}, {Object: "contacts", Field: "phones.home", Fate: mapping.Truncated, N: 12},
		{Object: "contacts", Field: "is_self", Fate: mapping.Archived, N: 61230}, {Object: "notes", Field: "body", Fate: mapping.Transformed, N: 15020},
		{Object: "notes", Field: "body", Fate: mapping.Refused, N: 1},
	} {
		for range x.N {
			f.Record(record.Record{Kind: record.Kind(x.Object), Canon: json.RawMessage(`{"` + x.Field + `":"x"}`)}, []mapping.Fate{{Object: x.Object, Field: x.Field, Fate: x.Fate, N: 1}})
		}
	}
	return f
}

func reconciliation(faults bool) report.Reconciliation {
	r := report.Reconciliation{Migration: "acme-2026", Rehearsal: &report.Rehearsal{TargetRoot: root, At: "2026-05-02T07:55:00Z", Same: true}, SourceRoot: root, TargetRoot: root, Threshold: 0.001, Fidelity: fidelity(), Objects: []report.Reconciled{
		{Object: "companies", Source: 214, Matched: 212, Flagged: 2}, {Object: "people", Source: 61230, Matched: 61222, Flagged: 8}, {Object: "leads", Source: 1810, Matched: 1810},
		{Object: "notes", Source: 15021, Matched: 15020, Flagged: 1}, {Object: "tasks", Source: 6022, Matched: 6022}, {Object: "activities", Source: 9101, Matched: 9101},
		{Object: "attachments", Source: 1204, Matched: 1190, Flagged: 14},
	}}
	if faults {
		r.TargetRoot = strings.Repeat("0f", 32)
		r.Rehearsal.Same, r.Rehearsal.Changed = false, 3
		r.Rehearsal.Records = []report.Differing{{Object: "notes", SourceID: "n-17"}, {Object: "people", SourceID: "9001234"}}
		r.Objects[1].Matched, r.Objects[1].Missing, r.Objects[1].Mismatched = 61219, 1, 2
		r.Objects[3].Unexpected, r.Objects[3].Duplicated = 1, 1
		r.Fault("people", "9001234", "record", "missing")
		r.Fault("people", "9001235", "phone:mobile", "mismatch")
		r.Fault("notes", "33017", "record 912", "duplicated")
	}
	r.Flag("people", "9009999", "the contact has neither name, e-mail nor phone that Nutshell takes")
	r.Flag("attachments", "att-510", "the bytes cannot be had: the download answered 404")
	r.Edit("people", "9001300", 4411, "phone:mobile")
	r.DeletedAtSource("people", "9001999")
	r.Remarks.Add("people", "9001238", "company_ambiguous", "several companies under the rule domain: stand-alone")
	r.Handover = report.Handover{
		Agents: 120, Orphans: 3, Groups: 512, Sequences: 9, MergeFields: []string{"##OFFICENAME##", "##UNSUBLINK##"}, Rejected: 25, SourceFlags: 1, Attachments: 14,
		Undecided: []string{"custom property Pool"},
		Files: []report.ArchiveFile{
			{Name: "attachments/att-1/plan.pdf", Size: 18231}, {Name: "attachments/att-2/deed.pdf", Size: 99231}, {Name: "campaigns.csv", Size: 48213},
			{Name: "id-map.csv", Size: 3148213}, {Name: "rebuild-guide.html", Size: 48213}, {Name: "records/people.jsonl", Size: 5248213},
		},
	}
	r.Finish()
	return r
}

func rollback() report.Rollback {
	return report.Rollback{
		Migration: "acme-2026", Created: report.CreatedBack{Deleted: 93211, Kept: 2}, Updated: report.UpdatedBack{Restored: 1121, Kept: 1},
		Kept: []report.KeptRecord{
			{Object: "people", SourceID: "9001300", TargetType: "Contacts", TargetID: 4411, Reason: "a person changed phone:mobile"},
			{Object: "notes", SourceID: "33018", TargetType: "Notes", TargetID: 9120, Reason: "a person changed the text"},
		},
		Proof:        report.Proof{UntouchedChecked: 4012, EditedByOthers: 14, RestoredEqual: 1121},
		CustomFields: []string{"Contacts: Rezora_ID__c", "Contacts: Distribution_Groups__c", "Leads: Rezora_ID__c"},
	}
}

func guideInput() report.GuideInput {
	var seq []record.Sequence
	for _, text := range []string{
		`{"id":"seq-3","name":"New buyer welcome","description":null,"status":"active","owner_agent_id":"3107","trigger":{"type":"added_to_group","params":{"group_id":"4711"}},"steps":[{"id":"s2","position":2,"name":"Nudge","action":"send_email","template_id":"513","delay":{"value":3,"unit":"days","after":"previous_step"},"send_window":{"days":["mon","tue"],"from":"09:00","to":"17:00","timezone":"America/Denver"},"condition":{"type":"email_opened","step_id":"s1","params":{}},"on_false":"exit"},{"id":"s1","position":1,"name":"Hello","action":"send_email","template_id":"512","delay":{"value":0,"unit":"minutes","after":"trigger"}}]}`,
		`{"id":"seq-4","name":"After the closing","status":"paused","trigger":{"type":"manual","params":{}},"steps":[{"id":"a","position":1,"action":"wait","delay":{"value":1,"unit":"weeks","after":"trigger"}},{"id":"b","position":2,"action":"send_email","template_id":"512"}]}`,
		`{"id":"seq-5","name":"Listing news","status":"active","requires_listing":true,"trigger":{"type":"listing_status_changed","params":{}},"steps":[{"id":"x","position":1,"action":"post_social"},{"id":"y","position":2,"action":"teleport"},{"id":"z","position":3,"action":"notify_agent"}]}`,
	} {
		var s record.Sequence
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			panic(err)
		}
		seq = append(seq, s)
	}
	agent := func(id, name, role, status string) record.Agent {
		return record.Agent{Common: record.Common{ID: id}, DisplayName: name, Email: id + "@example.com", Role: role, Status: status}
	}
	return report.GuideInput{
		Sequences: report.Items(seq),
		Enrollments: report.Items([]record.SequenceEnrollment{
			{SequenceID: "seq-3", Status: "active", CurrentStepID: "s2"}, {SequenceID: "seq-3", Status: "active", CurrentStepID: "s2"}, {SequenceID: "seq-3", Status: "completed"},
		}),
		Groups: report.Items([]record.DistributionGroup{
			{Common: record.Common{ID: "4711"}, Name: "Past Clients", Scope: "agent", OwnerAgentID: "3107"}, {Common: record.Common{ID: "4712"}, Name: "Buyers", Scope: "team", TeamID: "77"},
		}),
		Memberships: report.Items([]record.GroupMembership{{GroupID: "4711"}, {GroupID: "4711"}, {GroupID: "4712"}}),
		Agents:      report.Items([]record.Agent{agent("3107", "Priya Lindqvist", "agent", "active"), agent("3110", "Dana Okafor", "admin", "active"), agent("3111", "Lee Brandt", "assistant", "deactivated")}),
		Teams:       report.Items([]record.Team{{Common: record.Common{ID: "77"}, Name: "Downtown Team"}}),
		InTeams:     report.Items([]record.TeamMembership{{TeamID: "77", AgentID: "3107"}}),
		Users:       map[string]mapping.UserDecision{"3107": {UserID: 5, Email: "3107@example.com", How: mapping.HowMatched}, "3110": {How: mapping.HowNone, Orphan: true}},
		Templates: []report.TemplateGuide{
			{ID: "512", Name: "Hello", Subject: "Welcome", File: "templates/512.html", Unknown: []string{"##OFFICENAME##"}}, {ID: "513", Name: "Nudge", Subject: "Still looking?"},
		},
	}
}
