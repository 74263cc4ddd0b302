package oracle

import (
	"strconv"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// Account is all that Judge looks at. The zero value of every setting is the default of the migration.
type Account struct {
	Source Source
	// Approved is the source when the map was approved: it decides which custom fields exist and what they take. Nil means Source.
	Approved *Source
	// Before is the account before the migration, Dest the account after it.
	Before nutshelltest.Snapshot
	Dest   Destination

	Policies Policies
	Limits   Limits
	// FilesOffered says whether the account takes files on notes.
	FilesOffered bool
	// Impersonate: notes with a stated author are written as that author's user.
	Impersonate bool
	// KeyUser is the user of the API key; 0 means 1.
	KeyUser int64
	// LinkBase is what links to archived files start with: ARCHIVE_LINK_BASE and the migration's name.
	LinkBase string
	// ActivityTypes are the account's names for call, email and meeting; nil means Call, Email, Meeting.
	ActivityTypes map[string]string
	// LeadStatus adds lines to the map of lead statuses: the source's word to 0, 1, 10, 11 or 12.
	LeadStatus map[string]int

	// Edits are the changes that people made in Nutshell during the run. What they touched is not judged.
	Edits []Edit
	// Excused are source records that may be missing for a reason outside the map: a plan's limit, an accepted list.
	Excused []Ref
}

// Policies are the choices of the migration's input.
type Policies struct {
	Existing      string // merge (default), skip, create
	OnOrphans     string // wait (default: taken without owner), fallback
	FallbackOwner string // e-mail of a user
	SourceDeletes string // flag (default), delete
}

// Limits are the sizes of nutshell contract 6.4; 0 means the default.
type Limits struct {
	NoteChars int   // 65,536
	FileBytes int64 // 10 MiB
}

// Edit is something that a person did in Nutshell. Field "" covers the whole record, its making and its deletion included; else it is
// a key of the record such as description, phone, customFields.Birthday, accounts.
type Edit struct {
	Type  string // Contacts Accounts Leads Notes Tasks Activities
	ID    int64
	Field string
}

// Ref names a source record by the object of the reports, such as people.
type Ref struct{ Object, ID string }

func (a Account) withDefaults() Account {
	if a.Policies.Existing == "" {
		a.Policies.Existing = "merge"
	}
	if a.Policies.OnOrphans == "" {
		a.Policies.OnOrphans = "wait"
	}
	if a.Policies.SourceDeletes == "" {
		a.Policies.SourceDeletes = "flag"
	}
	if a.Limits.NoteChars == 0 {
		a.Limits.NoteChars = maxLong
	}
	if a.Limits.FileBytes == 0 {
		a.Limits.FileBytes = 10 << 20
	}
	if a.KeyUser == 0 {
		a.KeyUser = 1
	}
	if a.ActivityTypes == nil {
		a.ActivityTypes = map[string]string{"call": "Call", "email": "Email", "meeting": "Meeting"}
	}
	return a
}

// Judge compares the account with what the map demands. The answer is ordered, and empty when the migration is right.
func Judge(a Account) []Problem {
	a = a.withDefaults()
	j := &judge{Account: a}
	if err := j.prepare(); err != nil {
		return []Problem{{Object: "account", Want: "a source that can be read", Have: err.Error()}}
	}
	j.companies()
	j.people()
	j.leads()
	j.timeline()
	j.attachments()
	j.leftovers()
	j.definitions()
	j.bystanders()
	sortProblems(j.problems)
	return j.problems
}

func targetOf(entity string, id int64) string { return entity + "/" + strconv.FormatInt(id, 10) }
