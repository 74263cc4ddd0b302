package target_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/target"
)

var fieldDefs = target.Defs{
	"Legacy ID": {Type: target.KindText}, "Budget": {Type: target.KindCurrency}, "Born": {Type: target.KindDate},
	"Seen": {Type: target.KindDateTime}, "Active": {Type: target.KindBoolean}, "Size": {Type: target.KindNumber},
	"Lists": {Type: target.KindSelect, Multiple: true}, "a:b": {Type: target.KindText},
}

func read(t testing.TB, entityType, text string) target.View {
	t.Helper()
	v, err := target.Decode(entityType, []byte(text), fieldDefs)
	require.NoError(t, err)
	return v
}

func canons(v target.View) map[target.Path]string {
	out := map[target.Path]string{}
	for p, shown := range v.Fields {
		out[p] = shown.Canon
	}
	return out
}

// The contact of nutshell contract 3.2, as recorded and in the fuller forms.
func TestContactInEveryShape(t *testing.T) {
	want := map[target.Path]string{
		"name": "Ines|Okafor|", "description": "Met at an open house", "accounts:310": "Buyer", "tags:imported": "imported",
		"email:ines@example.com": "ines@example.com", "email:io@example.com": "io@example.com", "phone:mobile": "+15125550142",
		"custom:Legacy ID": "p-991", "custom:Budget": "USD 500",
	}
	for name, text := range map[string]string{
		"recorded": `{"id": 4101, "entityType": "Contacts", "rev": "2", "createdTime": "2026-02-03T09:15:00+0000",
			"name": {"givenName": "Ines", "familyName": "Okafor", "salutation": null, "displayName": "Ines Okafor"},
			"description": "Met at an open house", "creator": {"stub": true, "id": 1}, "owner": null,
			"accounts": [{"stub": true, "id": 310, "rev": "1", "entityType": "Accounts", "name": "Tern Homes", "relationship": "Buyer"}],
			"leads": [], "notes": [], "tags": ["Imported"], "contactedCount": 0,
			"email": {"0": "ines@example.com", "work": "io@example.com", "--primary": "ines@example.com"},
			"phone": {"mobile": {"countryCode": "1", "number": "5125550142", "extension": null, "numberFormatted": "512-555-0142", "E164": "+15125550142"},
				"--primary": {"countryCode": "1", "number": "5125550142", "extension": null, "numberFormatted": "512-555-0142", "E164": "+15125550142"}},
			"customFields": {"Legacy ID": "p-991", "Budget": {"currency": "USD", "amount": "500.00"}}}`,
		"full, other keys, numbers as text": `{"id": "4101", "entityType": "Contacts", "rev": 2, "stub": false, "deletedTime": null, "territory": null, "file": [],
			"name": {"givenName": "Ines", "familyName": "Okafor", "salutation": "", "displayName": "Ines Okafor"},
			"description": "Met at an open house", "owner": null, "url": [], "address": {},
			"accounts": [{"stub": true, "id": "310", "rev": "1", "entityType": "Accounts", "relationship": "Buyer"}], "leads": null,
			"tags": [{"id": 12, "entityType": "Tags", "name": "Imported"}],
			"email": {"7": "Ines@Example.com", "work": "io@example.com", "--primary": "Ines@Example.com"},
			"phone": {"mobile": "+1 512-555-0142"},
			"customFields": {"Legacy ID": "p-991", "Budget": {"currency": "USD", "amount": 500}, "Lists": [], "Born": null}}`,
	} {
		t.Run(name, func(t *testing.T) {
			v := read(t, "Contacts", text)
			assert.Equal(t, want, canons(v))
			assert.Equal(t, int64(4101), v.ID)
			assert.Equal(t, "2", v.Rev)
			assert.False(t, v.Deleted)
			assert.Equal(t, map[string]target.Path{"email": "email:ines@example.com", "phone": "phone:mobile"}, v.Primary)
			assert.Equal(t, []string{"ines@example.com", "io@example.com"}, v.Values("email"))
			assert.Equal(t, []int64{310}, v.Linked("accounts"))
		})
	}
}

func TestEmptyMapsAndUnsetKeysAreTheSame(t *testing.T) {
	for _, shown := range []string{`{"id":1}`, `{"id":1,"email":null,"customFields":null}`, `{"id":1,"email":[],"customFields":[],"phone":{},"tags":null}`,
		`{"id":1,"email":{"--primary":""},"customFields":{"Legacy ID":"","Lists":[]},"description":"","owner":null,"name":null}`} {
		assert.Empty(t, read(t, "Contacts", shown).Fields, shown)
	}
}

func TestDictionaries(t *testing.T) {
	v := read(t, "Accounts", `{"id":1,
		"phone": {"1": "on request", "10": "5125550001", "2": {"number": "5125550002", "extension": "12", "E164": "+15125550002"}, "#1": "5125550003",
			"--primary": "(512) 555 0003"},
		"url": ["http://tern.example.com", "x.example.com"],
		"address": {"0": {"address_1": "1 Main", "city": "Austin", "name": null, "location": {"lat": 1}, "timezone": "x"}, "business": {"address_1": ""}}}`)
	assert.Equal(t, map[target.Path]string{
		"phone:#on request": "on request", "phone:#+15125550001": "+15125550001", "phone:#+15125550002x12": "+15125550002x12", `phone:\#1`: "+15125550003",
		"url:tern.example.com": "tern.example.com", "url:x.example.com": "x.example.com", "address:#|1 Main|||Austin": "|1 Main|||Austin",
	}, canons(v))
	assert.Equal(t, map[string]target.Path{"phone": `phone:\#1`, "url": "url:tern.example.com", "address": "address:#|1 Main|||Austin"}, v.Primary)
}

func TestCustomFieldsByType(t *testing.T) {
	text := `{"id":1,"customFields":{"Budget":{"currency":"EUR","amount":"1200.50"},"Born":%s,"Seen":"2026-03-01T10:00:00+0200","Active":"1","Size":"12.50",
		"Lists":["b","a","b"],"a:b":"x","Other":{"timestamp":1709251200},"Free":1e3}}`
	for _, born := range []string{`"2024-03-01"`, `{"timestamp":1709251200}`, `"2024-03-01T23:00:00-0800"`} {
		v := read(t, "Leads", replace(text, born))
		assert.Equal(t, map[target.Path]string{
			"custom:Budget": "EUR 1200.5", "custom:Born": "2024-03-01", "custom:Seen": "2026-03-01T08:00:00Z", "custom:Active": "true", "custom:Size": "12.5",
			"custom:Lists:a": "a", "custom:Lists:b": "b", `custom:a\:b`: "x", "custom:Other": "2024-03-01", "custom:Free": "1000",
		}, canons(v))
		assert.Equal(t, []target.Path{"custom:Lists:a", "custom:Lists:b"}, v.Entries("custom:Lists"))
		name, ok := target.Path(`custom:a\:b`).Custom()
		assert.True(t, ok)
		assert.Equal(t, "a:b", name)
	}
}

func replace(text, with string) string {
	for i := 0; i+1 < len(text); i++ {
		if text[i:i+2] == "%s" {
			return text[:i] + with + text[i+2:]
		}
	}
	return text
}

// What the server derives is no field: it would look like a person's edit.
func TestDerivedValuesAreNoFields(t *testing.T) {
	v := read(t, "Leads", `{"id": 1000, "entityType": "Leads", "rev": "3", "name": "Lead–1", "htmlUrl": "https://app.nutshell.com/lead/1",
		"description": "Listing 12 Elm St", "tags": [], "createdTime": "2026-03-01T08:00:00+0000", "dueTime": "2026-03-31T08:00:00+0000",
		"milestone": {"stub": true, "id": 1, "rev": "0", "entityType": "Milestones", "name": "Qualify"}, "activitiesCount": {"0": 0},
		"stageset": {"id": 1, "entityType": "Stagesets"}, "status": 10, "confidence": 0, "priority": 0, "completion": 100, "urgency": "10", "isOverdue": false,
		"outcome": {"id": 1, "entityType": "Lead_Outcomes", "rev": "0", "description": "Won", "type": 10}, "closedTime": "2026-03-05T08:00:00+0000",
		"market": {"stub": true, "id": 1, "entityType": "Markets"}, "contacts": [{"stub": true, "id": 4101, "entityType": "Contacts", "relationship": "Seller"}],
		"value": {"currency": "USD", "amount": 1200}, "normalizedValue": {"currency": "USD", "amount": 1200}, "lastContactedDate": "2026-03-05T08:00:00+0000"}`)
	assert.Equal(t, map[target.Path]string{
		"description": "Listing 12 Elm St", "dueTime": "2026-03-31T08:00:00Z", "milestone": "Milestones/1", "status": "10", "outcome": "Lead_Outcomes/1",
		"closedTime": "2026-03-05T08:00:00Z", "market": "Markets/1", "contacts:4101": "Seller", "value": "USD 1200",
	}, canons(v))
}

func TestActivityInBothShapes(t *testing.T) {
	want := map[target.Path]string{
		"name": "Showing", "status": "1", "activityType": "Activity_Types/2", "startTime": "2024-05-02T15:00:00Z", "endTime": "2024-05-02T16:00:00Z",
		"isTimed": "true", "location": "12 Elm St", "participants:Contacts/4101": "", "participants:Users/1": "", "leads:1000": "", "logNote": "went well",
	}
	common := `"id": 71, "rev": "0", "entityType": "Activities", "name": "Showing", "description": "", "status": 1,
		"activityType": {"stub": true, "id": 2, "entityType": "Activity_Types"}, "startTime": "2024-05-02T15:00:00+0000", "endTime": "2024-05-02T16:00:00+0000",
		"isAllDay": false, "isTimed": true, "isFlagged": false, "leads": [{"stub": true, "id": 1000, "entityType": "Leads"}],
		"participants": [{"stub": true, "id": 4101, "entityType": "Contacts", "status": 0}, {"stub": true, "id": 1, "entityType": "Users", "emails": [null]}]`
	assert.Equal(t, want, canons(read(t, "Activities", `{`+common+`, "location": {"name": "", "address_1": "12 Elm St", "city": "", "timezone": null},
		"lead": {"stub": true, "id": 1000}, "loggedBy": {"stub": true, "id": 1}, "logNote": null, "logDescription": "went well"}`)))
	assert.Equal(t, want, canons(read(t, "Activities", `{`+common+`, "location": "12 Elm St", "logNote": {"id": 3, "note": "went well"}, "creator": null}`)))

	overdue := read(t, "Activities", `{"id": 1, "status": -1}`)
	assert.Equal(t, "0", overdue.Get("status"), "overdue is a scheduled activity whose time has passed")
}

func TestNotesAndFiles(t *testing.T) {
	v := read(t, "Notes", `{"id": 5501, "rev": "0", "note": "Hi Bo Lind", "noteMarkup": "Hi @[users:1-users]", "user": {"stub": true, "id": 1, "entityType": "Users"},
		"account": {"stub": true, "id": 310, "entityType": "Accounts"}}`)
	assert.Equal(t, map[target.Path]string{"note": "Hi Bo Lind", "user": "Users/1", "entity": "Accounts/310"}, canons(v))
	allEqual(t, []target.Want{target.Text("note", "Hi @[users:1-users]")}, v, nil)
	allEqual(t, []target.Want{target.Text("note", "Hi Bo Lind")}, v, nil)

	raw := decode(t, `{"id": 1000, "file": [{"id": 7, "name": "deed.pdf", "size": 48213}, {"name": "x"}]}`)
	assert.Equal(t, []target.File{{ID: 7, Name: "deed.pdf", Size: 48213}}, target.ListedFiles(raw))
}

func TestDeletedStubsAndWrongRecords(t *testing.T) {
	assert.True(t, read(t, "Tasks", `{"id":1,"deletedTime":"2026-03-02T08:10:00+0000"}`).Deleted)
	_, err := target.Decode("Contacts", []byte(`{"id":1,"stub":true}`), nil)
	require.ErrorIs(t, err, target.ErrStub)
	for _, bad := range []string{`{}`, `{"id":0}`, `{"id":"x"}`, `[]`, `null`, `{"id":1} {}`, ``} {
		_, err = target.Decode("Contacts", []byte(bad), nil)
		require.Error(t, err, bad)
	}
	_, err = target.Decode("Users", []byte(`{"id":1}`), nil)
	require.Error(t, err)
}

func FuzzFromWire(f *testing.F) {
	f.Add("Contacts", []byte(`{"id":1,"name":"A B","email":{"0":"a@b","--primary":"a@b"},"phone":{"w":{"E164":null,"number":"1"}},"customFields":{"L":["x",1,null]}}`))
	f.Add("Leads", []byte(`{"id":1,"value":{"currency":"USD","amount":1e400},"contacts":[1,{"id":2}],"status":"x","closedTime":{"timestamp":1}}`))
	f.Add("Activities", []byte(`{"id":1,"location":{"city":"a|b"},"participants":[{"entityType":"Users","id":1}],"logNote":{"note":{}}}`))
	f.Add("Notes", []byte(`{"id":1,"note":{"a":[1]},"contact":[],"noteMarkup":1}`))
	f.Fuzz(func(t *testing.T, entityType string, text []byte) {
		v, err := target.Decode(entityType, text, fieldDefs)
		if err != nil {
			return
		}
		again, err := target.Decode(entityType, text, fieldDefs)
		require.NoError(t, err)
		require.Empty(t, target.Differ(v, again))
		for list, p := range v.Primary {
			require.True(t, v.Has(p))
			require.Equal(t, list, p.List())
		}
		body, err := target.EditBody(v, target.Demanded(v), nil, nil)
		require.NoError(t, err)
		require.Nil(t, body, "a record already is as it shows itself")
		if _, err := json.Marshal(v.Fields); err != nil {
			t.Fatal("a value cannot be sent back")
		}
		cleared, err := target.EditBody(v, nil, v.Paths(), nil)
		if err == nil {
			_, err = json.Marshal(cleared)
			require.NoError(t, err)
		}
	})
}
