package mapping

// The entity types that carry custom fields, and the source objects behind them.
const (
	Contacts = "Contacts"
	Accounts = "Accounts"
	Leads    = "Leads"
)

// Keys of the built-in custom fields (mapping page, section 1): their names unless the map renames them.
const (
	FieldID            = "Rezora_ID__c"
	FieldCreatedAt     = "Rezora_Created_At__c"
	FieldContactType   = "Rezora_Contact_Type__c"
	FieldCompanyName   = "Rezora_Company_Name__c"
	FieldOwner         = "Rezora_Owner__c"
	FieldUnsubscribed  = "Unsubscribed__c"
	FieldUnsubAt       = "Unsubscribed_At__c"
	FieldOptInAt       = "Opt_In_At__c"
	FieldEmailStatus   = "Email_Status__c"
	FieldGroups        = "Distribution_Groups__c"
	FieldCampaigns     = "Campaign_Archive__c"
	FieldEngagement    = "Engagement_History__c"
	FieldScore         = "Engagement_Score__c"
	FieldListings      = "Custom_Listing_IDs__c"
	FieldParent        = "Parent_Company__c"
	FieldCompanyKind   = "Rezora_Company_Kind__c"
	FieldLeadStatus    = "Rezora_Lead_Status__c"
	FieldLeadSource    = "Rezora_Source__c"
	FieldClosedAt      = "Rezora_Closed_At__c"
	maxFieldName       = 255
	renamePrefix       = "Rezora "
	sectionPerson      = "person"
	sectionCompany     = "company"
	sectionLead        = "lead"
	objectContact      = "contact"
	objectCompany      = "company"
	mostPeopleByNote   = 200
	interactionsAsNote = "note"
)

type builtIn struct{ entity, key, fieldType string }

// closedAt is defined only where the account keeps no closing time (nutshell contract 8, P15).
var closedAt = builtIn{Leads, FieldClosedAt, DateTime}

// builtIns is the table of the mapping page, section 1, in its order, and what stands in for a field of Nutshell.
var builtIns = []builtIn{
	{Contacts, FieldID, Text},
	{Contacts, FieldCreatedAt, DateTime},
	{Contacts, FieldContactType, Text},
	{Contacts, FieldCompanyName, Text},
	{Contacts, FieldOwner, Text},
	{Contacts, FieldUnsubscribed, Boolean},
	{Contacts, FieldUnsubAt, DateTime},
	{Contacts, FieldOptInAt, DateTime},
	{Contacts, FieldEmailStatus, Text},
	{Contacts, FieldGroups, TextArea},
	{Contacts, FieldCampaigns, TextArea},
	{Contacts, FieldEngagement, TextArea},
	{Contacts, FieldScore, Number},
	{Contacts, FieldListings, TextArea},
	{Accounts, FieldID, Text},
	{Accounts, FieldCreatedAt, DateTime},
	{Accounts, FieldParent, Text},
	{Accounts, FieldCompanyKind, Text},
	{Leads, FieldID, Text},
	{Leads, FieldCreatedAt, DateTime},
	{Leads, FieldScore, Number},
	{Leads, FieldLeadStatus, Text},
	{Leads, FieldLeadSource, Text},
	closedAt,
}

func builtInType(entity, key string) string {
	for _, b := range builtIns {
		if b.entity == entity && b.key == key {
			return b.fieldType
		}
	}
	return ""
}

// sections are the names of the entities in a mapping file.
var sections = map[string]string{sectionPerson: Contacts, sectionCompany: Accounts, sectionLead: Leads}

// objectEntity is where the custom properties of a source object go.
var objectEntity = map[string]string{objectContact: Contacts, objectCompany: Accounts}

// standardFields are the fields of Nutshell that the map fills and a mapping file may switch off, by section.
var standardFields = []struct {
	section string
	fields  []string
}{
	{sectionCompany, []string{"name", "url", "phone", "address", "email", "owner"}},
	{sectionPerson, []string{"name", "email", "phone", "address", "accounts", "description", "owner"}},
	{sectionLead, []string{"description", "contacts", "primaryAccount", "assignee", "note"}},
}
