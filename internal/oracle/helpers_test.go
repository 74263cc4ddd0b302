package oracle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/oracle"
)

type (
	obj  = map[string]any
	list = []any
)

// bench is a tiny pair of accounts that a test migrates by hand.
type bench struct {
	t       *testing.T
	rows    map[string][]map[string]any
	legacy  map[string][]map[string]any
	source  *rezoratest.Server
	dest    *nutshelltest.Server
	before  nutshelltest.Snapshot
	account oracle.Account
}

func newBench(t *testing.T) *bench {
	t.Helper()
	cfg := nutshelltest.DefaultConfig()
	cfg.FindRatePerSecond = 0
	return &bench{t: t, rows: map[string][]map[string]any{}, legacy: map[string][]map[string]any{}, dest: nutshelltest.NewServer(cfg)}
}

// row adds a row of the source.
func (b *bench) row(resource string, fields obj) { b.rows[resource] = append(b.rows[resource], fields) }

// begin seals the source and photographs the account.
func (b *bench) begin() {
	b.t.Helper()
	cfg := rezoratest.DefaultConfig()
	cfg.Data, cfg.LegacyData = b.rows, b.legacy
	cfg.Now = func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	b.source = rezoratest.New(cfg)
	b.before = b.dest.Snapshot()
}

// define makes the built-in fields for the objects that have rows.
func (b *bench) define(entities ...string) {
	b.t.Helper()
	for _, e := range entities {
		for name, word := range builtIns[e] {
			b.field(e, name, word)
		}
	}
}

func (b *bench) field(entity, name, word string, choices ...string) {
	b.t.Helper()
	_, err := b.dest.AddCustomField(entity, nutshelltest.FieldDef{Name: name, Type: word, Choices: choices})
	require.NoError(b.t, err)
}

func (b *bench) company(fields obj) int64 { return b.made(b.dest.CreateAccount(fields)) }
func (b *bench) person(fields obj) int64  { return b.made(b.dest.CreateContact(fields)) }
func (b *bench) lead(fields obj) int64    { return b.made(b.dest.CreateLead(fields)) }
func (b *bench) task(fields obj) int64    { return b.made(b.dest.CreateTask(fields)) }
func (b *bench) activity(f obj) int64     { return b.made(b.dest.CreateActivity(f)) }
func (b *bench) note(entity string, id int64, text string) int64 {
	return b.made(b.dest.AddNote(entity, id, text))
}

func (b *bench) made(id int64, err error) int64 {
	b.t.Helper()
	require.NoError(b.t, err)
	return id
}

// judge compares the accounts as they are now.
func (b *bench) judge() []oracle.Problem {
	b.t.Helper()
	var err error
	b.account.Source, err = oracle.SourceOf(b.source, true)
	require.NoError(b.t, err)
	b.account.Before = b.before
	b.account.Dest, err = oracle.DestinationOf(b.dest)
	require.NoError(b.t, err)
	return oracle.Judge(b.account)
}

// clean asserts that nothing is wrong.
func (b *bench) clean() {
	b.t.Helper()
	got := b.judge()
	require.Empty(b.t, got, oracle.Lines(got, 20))
}

// faulty asserts that there is a problem with an object and field.
func (b *bench) faulty(object, sourceID, field string) oracle.Problem {
	b.t.Helper()
	got := b.judge()
	for _, p := range got {
		if p.Object == object && p.SourceID == sourceID && p.Field == field {
			return p
		}
	}
	require.Fail(b.t, "no such problem", "%s %s %s among:\n%s", object, sourceID, field, oracle.Lines(got, 20))
	return oracle.Problem{}
}

func key(id, created string, more obj) obj {
	out := obj{"Rezora_ID__c": id, "Rezora_Created_At__c": created}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func ref(entity string, id int64) obj { return obj{"entityType": entity, "id": id} }

// builtIns are the fields of the map's section 1, written down once more for the tests.
var builtIns = map[string]map[string]string{
	"Contacts": {
		"Rezora_ID__c": "Text", "Rezora_Created_At__c": "DateTime", "Rezora_Contact_Type__c": "Text", "Rezora_Company_Name__c": "Text",
		"Rezora_Owner__c": "Text", "Unsubscribed__c": "Boolean", "Unsubscribed_At__c": "DateTime", "Opt_In_At__c": "DateTime",
		"Email_Status__c": "Text", "Distribution_Groups__c": "LongText", "Campaign_Archive__c": "LongText",
		"Engagement_History__c": "LongText", "Engagement_Score__c": "Number", "Custom_Listing_IDs__c": "LongText",
	},
	"Accounts": {"Rezora_ID__c": "Text", "Rezora_Created_At__c": "DateTime", "Parent_Company__c": "Text", "Rezora_Company_Kind__c": "Text"},
	"Leads": {
		"Rezora_ID__c": "Text", "Rezora_Created_At__c": "DateTime", "Engagement_Score__c": "Number", "Rezora_Lead_Status__c": "Text",
		"Rezora_Source__c": "Text",
	},
}
