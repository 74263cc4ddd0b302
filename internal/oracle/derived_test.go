package oracle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/oracle"
)

// The three rules of the company link, over the whole set.
func TestCompanyLinks(t *testing.T) {
	cases := []struct {
		name    string
		contact obj
		want    string // company, "" for none
	}{
		{"by id", obj{"company_id": "org-1", "email": "x@two.example.com"}, "org-1"},
		{"id of nothing, then domain", obj{"company_id": "org-9", "email": "x@TWO.example.com"}, "org-2"},
		{"id of a quarantined company, then name", obj{"company_id": "org-3", "company_name": " two   HOMES"}, "org-2"},
		{"website host", obj{"email": "x@site.example.com"}, "org-1"},
		{"two companies with the domain end the search", obj{"email": "x@same.example.com", "company_name": "One"}, ""},
		{"free mail never identifies", obj{"email": "x@gmail.com", "company_name": "One"}, "org-1"},
		{"two companies with the name", obj{"company_name": "Same"}, ""},
		{"no name", obj{"company_name": "Onerous"}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			for _, r := range []obj{
				{"id": "org-1", "name": "One", "website": "http://www.site.example.com/home"}, {"id": "org-2", "name": "Two homes", "domain": "two.example.com"},
				{"id": "org-3", "name": " ", "domain": "three.example.com"}, {"id": "org-4", "name": "Same", "domain": "same.example.com"},
				{"id": "org-5", "name": "Same", "domain": "same.example.com"}, {"id": "org-6", "name": "Mail", "domain": "gmail.com"},
			} {
				b.row("companies", r)
			}
			c.contact["id"], c.contact["name"], c.contact["created_at"] = "c1", "Ed", day
			b.row("contacts", c.contact)
			b.begin()
			b.define("Contacts", "Accounts")
			ids := map[string]int64{}
			for _, id := range []string{"org-1", "org-2", "org-4", "org-5", "org-6"} {
				ids[id] = b.company(obj{"name": id, "customFields": obj{"Rezora_ID__c": id}})
			}
			links := list{}
			if c.want != "" {
				links = list{obj{"id": ids[c.want]}}
			}
			person := b.person(obj{"name": "Ed", "accounts": links, "customFields": obj{"Rezora_ID__c": "c1"}})
			for _, p := range b.judge() {
				require.NotEqual(t, "people accounts", p.Object+" "+p.Field, p.String())
			}
			wrong := list{}
			if c.want == "" {
				wrong = list{obj{"id": ids["org-4"]}}
			}
			require.NoError(t, b.dest.EditContact(person, obj{"accounts": wrong}))
			b.faulty("people", "c1", "accounts")
		})
	}
}

func TestLegacyUnion(t *testing.T) {
	b := newBench(t)
	b.row("agents", obj{"id": "31", "email": "ann@example.com", "created_at": day})
	b.row("contacts", obj{"id": "1", "owner_agent_id": "31", "name": "Now", "email": "a@example.com", "unsubscribed": false, "created_at": day})
	b.legacy["contacts"] = []map[string]any{{"id": "2", "owner_agent_id": "31", "name": "Only There", "email": "b@example.com", "unsubscribed": true, "created_at": day}}
	b.begin()
	b.define("Contacts")
	owner := obj{"Rezora_Owner__c": "ann@example.com"}
	b.person(obj{"name": "Now", "email": obj{"0": "a@example.com"}, "owner": ref("Users", 2), "customFields": key("1", day, owner)})
	b.faulty("people", "2", "")
	owner["Unsubscribed__c"] = true
	old := b.person(obj{"name": "Only There", "email": obj{"0": "b@example.com"}, "owner": ref("Users", 2), "customFields": key("2", day, owner)})
	b.clean()
	require.NoError(t, b.dest.EditContact(old, obj{"customFields": obj{"Unsubscribed__c": nil}}))
	b.faulty("people", "2", "customFields.Unsubscribed__c")
}

// Types of custom properties follow their values.
func TestPropertyTypes(t *testing.T) {
	cases := []struct {
		name, dataType string
		options        []string
		values         list
		word           string
	}{
		{"dates", "date", nil, list{"2020-01-02"}, "Date"},
		{"no dates", "date", nil, list{"2020-01-02", "soon"}, "Text"},
		{"date-times are not the same text", "date", nil, list{"2020-01-02T00:00:00Z"}, "Text"},
		{"numbers", "number", nil, list{1.50, "7"}, "Number"},
		{"numeric text in another form", "number", nil, list{"007"}, "Text"},
		{"too many digits", "number", nil, list{12345678901234567}, "Text"},
		{"booleans", "bool", nil, list{true, "false"}, "Boolean"},
		{"no booleans", "bool", nil, list{true, "perhaps"}, "Text"},
		{"choices", "enum", []string{"a"}, list{"a", "b"}, "Enum"},
		{"long choice", "enum", []string{"a"}, list{strings.Repeat("x", 256)}, "LongText"},
		{"text", "string", nil, list{"x"}, "Text"},
		{"long text", "string", nil, list{strings.Repeat("x", 256)}, "LongText"},
		{"no definition", "", nil, list{true, 1, "x"}, "Text"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if c.dataType != "" {
				b.row("custom_properties", obj{"id": "1", "object": "contact", "name": "P", "data_type": c.dataType, "options": c.options})
			}
			for i, v := range c.values {
				b.row("contacts", obj{"id": fmt.Sprint(i), "name": "Ed", "custom_properties": obj{"P": v}})
			}
			b.begin()
			for _, word := range []string{"Text", "LongText", "Number", "Date", "Boolean", "Enum"} {
				one := newBench(t)
				one.rows, one.source, one.before = b.rows, b.source, b.before
				choices := []string(nil)
				if word == "Enum" {
					choices = []string{"a", "b"}
				}
				one.field("Contacts", "P", word, choices...)
				wrong := false
				for _, p := range one.judge() {
					wrong = wrong || p.Object == "fields" && p.Field == "P"
				}
				require.Equal(t, word != c.word, wrong, word)
			}
		})
	}
}

func TestPropertyNames(t *testing.T) {
	b := newBench(t)
	b.row("contacts", obj{"id": "1", "name": "Ed", "created_at": day, "custom_properties": obj{"area": "a", "Area": "b", "unsubscribed__C": "c", " Pad ": "d", "Taken": "e"}})
	b.field("Contacts", "Taken", "Number")
	b.begin()
	b.define("Contacts")
	values := key("1", day, nil)
	for name, v := range map[string]string{"Area": "b", "Rezora area": "a", "Rezora unsubscribed__C": "c", "Pad": "d", "Rezora Taken": "e"} {
		b.field("Contacts", name, "Text")
		values[name] = v
	}
	b.person(obj{"name": "Ed", "customFields": values})
	b.clean()
}

func TestLongTextsAreSplit(t *testing.T) {
	b := newBench(t)
	body := strings.Repeat("word and more ", 30)
	b.row("contacts", obj{"id": "c1", "name": "Ed", "created_at": day})
	b.row("notes", obj{"id": "n1", "parent_type": "contact", "parent_id": "c1", "author_name": "Jo", "body": body, "noted_at": day})
	b.begin()
	b.define("Contacts")
	b.account.Limits.NoteChars = 300
	ed := b.person(obj{"name": "Ed", "customFields": key("c1", day, nil)})
	head := "[Rezora note n1] " + day + " - Jo"
	b.note("Contacts", ed, head+" (1/2)\n\n"+body[:223])
	second := b.note("Contacts", ed, head+" (2/2)\n\n"+body[224:])
	b.clean()
	require.NoError(t, b.dest.EditNote(second, head+" (2/2)\n\n"+body[230:]))
	b.faulty("notes", "n1", "text")
	require.NoError(t, b.dest.DeleteNote(second))
	b.faulty("notes", "n1", "header")
	b.account.Limits.NoteChars = 0
	b.note("Contacts", ed, head+" (2/2)\n\n"+body[224:])
	b.faulty("notes", "n1", "text")
}

func TestCampaignNoteStopsAtTwoHundredPeople(t *testing.T) {
	for _, people := range []int{200, 201} {
		b := newBench(t)
		b.row("campaigns", obj{"id": "k1", "name": "News", "created_at": day})
		b.row("notes", obj{"id": "n1", "parent_type": "campaign", "parent_id": "k1", "author_name": "Jo", "body": "x", "noted_at": day})
		for i := range people {
			b.row("contacts", obj{"id": fmt.Sprint(i), "name": "Ed", "created_at": day})
			b.row("activities", obj{"id": fmt.Sprint(i), "type": "open", "campaign_id": "k1", "contact_id": fmt.Sprint(i), "occurred_at": day})
		}
		b.begin()
		b.define("Contacts")
		archive := obj{"Campaign_Archive__c": `[{"id":"k1","name":"News","sent_at":null,"open_rate":null,"click_rate":null}]`,
			"Engagement_History__c": `[{"event_type":"open","campaign_name":"News","timestamp":"` + day + `"}]`}
		for i := range people {
			id := b.person(obj{"name": "Ed", "customFields": key(fmt.Sprint(i), day, archive)})
			if people == 200 {
				b.note("Contacts", id, "Campaign Note: News [Rezora note n1] "+day+" - Jo\n\nx")
			}
		}
		b.clean()
		if people > 200 {
			b.note("Contacts", 1, "Campaign Note: News [Rezora note n1] "+day+" - Jo\n\nx")
			b.faulty("notes", "n1", "")
		}
	}
}

func TestWithoutActivityTypeAnInteractionBecomesANote(t *testing.T) {
	b := newBench(t)
	b.row("contacts", obj{"id": "c1", "name": "Ed", "created_at": day})
	b.row("interactions", obj{"id": "i1", "type": "email", "contact_id": "c1", "subject": "Hi", "location": "here", "body": "<b>x</b> &amp; y", "started_at": day})
	b.row("interactions", obj{"id": "i2", "type": "email", "subject": "nobody's", "started_at": day})
	b.begin()
	b.define("Contacts")
	ed := b.person(obj{"name": "Ed", "customFields": key("c1", day, nil)})
	b.faulty("activities", "i1", "")
	b.note("Contacts", ed, "[Rezora email i1] "+day+" - unknown\n\nHi\nLocation: here\nx & y")
	b.clean()
}

func TestFilesWithoutAPlaceAreLinked(t *testing.T) {
	for _, c := range []struct {
		offered bool
		limit   int64
	}{{false, 0}, {true, 10}} {
		w := newWhole(t)
		w.account.FilesOffered, w.account.Limits.FileBytes, w.account.LinkBase = c.offered, c.limit, "s3://bucket/acme"
		w.faulty("attachments", "a1", "file")
		require.NoError(t, w.dest.DeleteNote(w.file))
		w.note("Contacts", w.ann, "[Rezora file a1] plan.pdf (20 bytes, sha256 "+digest(w.content("a1"))+")\n\ns3://bucket/acme/attachments/a1/plan.pdf")
		w.clean()
	}
}

func TestUnreadableFilesAreLeftOut(t *testing.T) {
	w := newWhole(t)
	require.NoError(t, w.source.Configure(func(c *rezoratest.Config) { c.AttachmentFault = map[string]string{"a1": "missing"} }))
	w.faulty("attachments", "a1", "")
	require.NoError(t, w.dest.DeleteNote(w.file))
	w.clean()
}

// The judge over HTTP sees what it sees in the process.
func TestAcrossProcesses(t *testing.T) {
	w := newWhole(t)
	require.NoError(t, w.dest.EditContact(w.ann, obj{"owner": nil}))
	here := w.judge()
	src := rezoratest.NewServer(rezoratest.Config{Data: w.rows, LegacyIDShift: 0, TombstoneDays: 30, Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }})
	defer src.Close()
	w.dest.Start()
	defer w.dest.Close()
	a := w.account
	var err error
	a.Source, err = oracle.FetchSource(t.Context(), src.URL, true)
	require.NoError(t, err)
	a.Dest, err = oracle.FetchDestination(t.Context(), w.dest.URL)
	require.NoError(t, err)
	require.Equal(t, here, oracle.Judge(a))
	require.Len(t, here, 1)
}

// A whole account of the usual size is judged in a moment: well under a second on an idle core, a few on a busy one with the race
// detector.
func TestJudgeIsFast(t *testing.T) {
	src, err := oracle.SourceOf(rezoratest.New(rezoratest.DefaultConfig()), true)
	require.NoError(t, err)
	b := newBench(t)
	b.define("Contacts", "Accounts", "Leads")
	for i := range 1500 {
		b.person(obj{"name": "x", "customFields": obj{"Rezora_ID__c": fmt.Sprint(9999970 + i)}})
	}
	dest, err := oracle.DestinationOf(b.dest)
	require.NoError(t, err)
	begin := time.Now()
	require.NotEmpty(t, oracle.Judge(oracle.Account{Source: src, Dest: dest, Before: nutshelltest.Snapshot{}}))
	t.Logf("1,500 people judged in %v", time.Since(begin))
	require.Less(t, time.Since(begin), 15*time.Second)
}
