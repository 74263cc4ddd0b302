package target

// shape says how a key of a record is read.
type shape int

const (
	shapeText shape = iota
	shapeTime
	shapeNumber
	shapeCount // a number whose 0 means nothing
	shapeFlag  // a truth value whose false means nothing
	shapeStatus
	shapeMoney
	shapeRef
	shapeName
	shapeLocation
	shapeLogNote
	shapeDictionary
	shapeTags
	shapeLinks
)

// field describes one key of a record: how it is shown, and under which key the API takes it.
type field struct {
	path  string // the scalar's path, or the list's name
	shape shape
	in    string // key of the input; "" = output only
	ref   string // entity type of a link whose stub does not say
	bare  bool   // the input takes the id alone
	late  bool   // newX ignores it; only editX sets it
	rel   bool   // links carry a relationship
	owns  bool   // this end of the relationship is the one that a person edits
}

// Every key that people or the migration can change, by entity type (nutshell contract 3.2-3.6). What is left out is derived by the
// server: display names, lead names, counters, normalised values, URLs, times of change and last contact, stagesets, processes.
var schema = map[string][]field{
	"Contacts": {
		{path: "name", shape: shapeName, in: "name"},
		{path: "description", in: "description"},
		{path: "owner", shape: shapeRef, in: "owner", ref: "Users"},
		{path: "territory", shape: shapeRef, in: "territoryId", ref: "Territories", bare: true},
		{path: listEmail, shape: shapeDictionary, in: "email"},
		{path: listPhone, shape: shapeDictionary, in: "phone"},
		{path: listURL, shape: shapeDictionary, in: "url"},
		{path: listAddress, shape: shapeDictionary, in: "address"},
		{path: listAccounts, shape: shapeLinks, in: "accounts", rel: true, owns: true},
		{path: listLeads, shape: shapeLinks, in: "leads", rel: true},
		{path: listTags, shape: shapeTags, in: "tags"},
	},
	"Accounts": {
		{path: "name", in: "name"},
		{path: "description", in: "description"},
		{path: "industry", shape: shapeRef, in: "industryId", ref: "Industries", bare: true},
		{path: "accountType", shape: shapeRef, in: "accountTypeId", ref: "Account_Types", bare: true},
		{path: "territory", shape: shapeRef, in: "territoryId", ref: "Territories", bare: true},
		{path: "owner", shape: shapeRef, in: "owner", ref: "Users"},
		{path: listEmail, shape: shapeDictionary, in: "email"},
		{path: listPhone, shape: shapeDictionary, in: "phone"},
		{path: listURL, shape: shapeDictionary, in: "url"},
		{path: listAddress, shape: shapeDictionary, in: "address"},
		{path: listContacts, shape: shapeLinks, in: "contacts", rel: true},
		{path: listLeads, shape: shapeLinks}, // the input means the additional links only, the output shows all
		{path: listTags, shape: shapeTags, in: "tags"},
	},
	"Leads": {
		{path: "description", in: "description"},
		{path: "status", shape: shapeStatus, in: "status"},
		{path: "outcome", shape: shapeRef, in: "outcome", ref: "Lead_Outcomes", late: true},
		{path: "closedTime", shape: shapeTime, in: "closedTime", late: true},
		{path: "primaryAccount", shape: shapeRef, in: "primaryAccount", ref: "Accounts"},
		{path: "assignee", shape: shapeRef, in: "assignee", ref: "Users"},
		{path: "milestone", shape: shapeRef, in: "milestoneId", ref: "Milestones", bare: true},
		{path: "market", shape: shapeRef, in: "market", ref: "Markets"},
		{path: "confidence", shape: shapeCount, in: "confidence"},
		{path: "priority", shape: shapeCount, in: "priority"},
		{path: "dueTime", shape: shapeTime, in: "dueTime"},
		{path: "value", shape: shapeMoney, in: "value"},
		{path: listContacts, shape: shapeLinks, in: "contacts", rel: true, owns: true},
		{path: listAccounts, shape: shapeLinks, in: "accounts"},
		{path: listSources, shape: shapeLinks, in: "sources"},
		{path: listProducts, shape: shapeLinks},
		{path: listCompetitors, shape: shapeLinks},
		{path: listTags, shape: shapeTags, in: "tags"},
	},
	"Notes": {
		{path: "note", in: "note"},
		{path: "user", shape: shapeRef, ref: "Users"},
		{path: "entity", shape: shapeRef, in: "entity"},
	},
	"Tasks": {
		{path: "title", in: "title"},
		{path: "description", in: "description"},
		{path: "dueTime", shape: shapeTime, in: "dueTime"},
		{path: "completedTime", shape: shapeTime, in: "completedTime", late: true},
		{path: "assignee", shape: shapeRef, in: "assignee", ref: "Users"},
		{path: "entity", shape: shapeRef, in: "entity"},
	},
	"Activities": {
		{path: "name", in: "name"},
		{path: "description", in: "description"},
		{path: "status", shape: shapeStatus, in: "status"},
		{path: "activityType", shape: shapeRef, in: "activityTypeId", ref: "Activity_Types", bare: true},
		{path: "startTime", shape: shapeTime, in: "startTime"},
		{path: "endTime", shape: shapeTime, in: "endTime"},
		{path: "isAllDay", shape: shapeFlag, in: "isAllDay"},
		{path: "isTimed", shape: shapeFlag, in: "isTimed"},
		{path: "isFlagged", shape: shapeFlag, in: "isFlagged"},
		{path: "location", shape: shapeLocation, in: "location"},
		{path: "logNote", shape: shapeLogNote, in: "logNote"},
		{path: listParticipants, shape: shapeLinks, in: "participants"},
		{path: listLeads, shape: shapeLinks, in: "leads"},
	},
}

// byPath finds a field by entity type and path (or list name).
var byPath = func() map[string]map[string]*field {
	out := make(map[string]map[string]*field, len(schema))
	for entityType, fields := range schema {
		out[entityType] = make(map[string]*field, len(fields))
		for i := range fields {
			out[entityType][fields[i].path] = &fields[i]
		}
	}
	return out
}()

// noteParents are the keys under which a note shows its parent.
var noteParents = [...]struct{ key, entityType string }{{"contact", "Contacts"}, {"account", "Accounts"}, {"lead", "Leads"}}

// entityTypes are the Nutshell types of the objects of the reports.
var entityTypes = map[string]string{
	"companies": "Accounts", "people": "Contacts", "leads": "Leads", "notes": "Notes", "tasks": "Tasks", "activities": "Activities",
}

// hasCustomFields tells the entity types that carry custom fields.
func hasCustomFields(entityType string) bool {
	return entityType == "Contacts" || entityType == "Accounts" || entityType == "Leads"
}
