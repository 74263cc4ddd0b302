package nutshelltest

import "strconv"

// kind is an entity type of nutshell contract 3.1.
type kind uint8

const (
	kContacts kind = iota
	kAccounts
	kLeads
	kNotes
	kTasks
	kActivities
	kUsers
	kTeams
	kTags
	kMilestones
	kStagesets
	kOutcomes
	kActivityTypes
	kIndustries
	kAccountTypes
	kTerritories
	kMarkets
	kSources
	kFiles
	kAttributes
	kProducts
	kindCount
)

var kindNames = [kindCount]string{"Contacts", "Accounts", "Leads", "Notes", "Tasks", "Activities", "Users", "Teams", "Tags",
	"Milestones", "Stagesets", "Lead_Outcomes", "Activity_Types", "Industries", "Account_Types", "Territories", "Markets",
	"Sources", "Files", "Entity_Attributes", "Products"}

var kindSingular = [kindCount]string{"Contact", "Account", "Lead", "Note", "Task", "Activity", "User", "Team", "Tag"}

var kindREST = [kindCount]string{"contacts", "accounts", "leads", "notes", "tasks", "activities"}

func (k kind) String() string   { return kindNames[k] }
func (k kind) singular() string { return kindSingular[k] }
func (k kind) rest() string     { return kindREST[k] }

func kindNamed(name string) (kind, bool) {
	for i, n := range kindNames {
		if n == name {
			return kind(i), true
		}
	}
	return 0, false
}

// head is what every record has.
type head struct {
	kind     kind
	visible  bool // past the find lag
	id, rev  int64
	created  instant
	modified instant
	deleted  instant
	creator  *user
}

func (h *head) base() *head       { return h }
func (h *head) live() bool        { return h.deleted == 0 }
func (h *head) shown() bool       { return h.visible && h.deleted == 0 }
func (h *head) revText() string   { return strconv.FormatInt(h.rev, 10) }
func (h *head) touch(now instant) { h.rev++; h.modified = now }

// record is any stored entity. title is what sorting by name looks at.
type record interface {
	base() *head
	title() string
}

type contact struct {
	head
	given, family, salutation, display string
	description                        string
	owner                              record // *user, *team or nil
	email, url                         *multi[string]
	phone                              *multi[phone]
	address                            *multi[address]
	territory                          *reference
	tags                               []*tag
	custom                             []fieldValue
	accounts, leads                    []*link
	notes                              []*note
}

func (c *contact) title() string { return c.display }

type account struct {
	head
	name, description string
	owner             record
	email, url        *multi[string]
	phone             *multi[phone]
	address           *multi[address]
	industry          *reference
	accountType       *reference
	territory         *reference
	tags              []*tag
	custom            []fieldValue
	contacts, leads   []*link
	primaryOf         []*lead
	notes             []*note
}

func (a *account) title() string { return a.name }

type lead struct {
	head
	number      int64
	description string
	assignee    record
	milestone   *milestone
	market      *reference
	primary     *account
	status      int
	outcome     *outcome
	confidence  int64
	priority    int64
	due, closed instant
	value       money
	sources     []*reference
	tags        []*tag
	custom      []fieldValue
	contacts    []*link
	accounts    []*link
	notes       []*note
}

func (l *lead) title() string { return l.name() }
func (l *lead) name() string  { return "Lead\u2013" + strconv.FormatInt(l.number, 10) }
func (l *lead) open() bool    { return l.status == 0 || l.status == 1 }
func (l *lead) overdue(now instant) bool {
	return l.open() && l.due != 0 && l.due < now
}

// money is a lead's value; an empty amount is none.
type money struct{ currency, amount string }

type note struct {
	head
	text   string // as sent
	author *user
	parent record // nil for the log note of an activity
	files  []*file
}

func (n *note) title() string { return n.text }

type task struct {
	head
	name, description string
	due, completed    instant
	assignee          record
	entity            record
}

func (t *task) title() string { return t.name }

type activity struct {
	head
	name, description, location string
	status                      int
	allDay, timed, flagged      bool
	activityType                *reference
	start, end                  instant
	participants                []record
	leads                       []*lead
	logNote                     *note
}

func (a *activity) title() string { return a.name }

// shownStatus is the stored status, but for a scheduled activity whose end has
// passed: that is overdue.
func (a *activity) shownStatus(now instant) int {
	if a.status == 0 && a.end < now {
		return -1
	}
	return a.status
}

type user struct {
	head
	name, first, last string
	enabled, admin    bool
	emails            []string
}

func (u *user) title() string { return u.name }

func (u *user) primaryEmail() string {
	if len(u.emails) == 0 {
		return ""
	}
	return u.emails[0]
}

type team struct {
	head
	name string
}

func (t *team) title() string { return t.name }

// reference is a row of a small list: industry, market, source, ...
type reference struct {
	kind     kind
	id, rev  int64
	name     string
	modified instant
}

type tag struct {
	id   int64
	name string
}

type stageset struct {
	id, position int64
	name         string
	isDefault    bool
	milestones   []*milestone
}

type milestone struct {
	id, position int64
	name         string
	stageset     *stageset
}

type outcome struct {
	id     int64
	status int
	name   string
}

type file struct {
	id         int64
	note       *note
	name, mime string
	sha256     string
	content    []byte
}
