package record

import "encoding/json"

// Common holds the fields that every live item has (rezora contract 4.1).
type Common struct {
	ID        string `json:"id"`
	CreatedAt Time   `json:"created_at"`
	UpdatedAt Time   `json:"updated_at"`
	Deleted   bool   `json:"deleted"`
	DeletedAt Time   `json:"deleted_at"`
}

// Phones are unnormalised; which labels occur depends on the resource.
type Phones struct {
	Main   string `json:"main,omitempty"`
	Mobile string `json:"mobile,omitempty"`
	Work   string `json:"work,omitempty"`
	Home   string `json:"home,omitempty"`
	Fax    string `json:"fax,omitempty"`
}

// Address is a postal address; leading zeros of the zip count.
type Address struct {
	Street  string `json:"street"`
	Street2 string `json:"street2"`
	City    string `json:"city"`
	State   string `json:"state"`
	Zip     string `json:"zip"`
	Country string `json:"country,omitempty"`
}

// Properties are custom property values by name, as raw JSON.
type Properties map[string]json.RawMessage

// Company is a brand, brokerage, office or other firm (rezora contract 4.2).
type Company struct {
	Common
	Kind             string     `json:"kind"`
	ParentID         string     `json:"parent_id"`
	Name             string     `json:"name"`
	LegalName        string     `json:"legal_name"`
	Domain           string     `json:"domain"`
	Email            string     `json:"email"`
	Website          string     `json:"website"`
	Phones           Phones     `json:"phones"`
	Address          Address    `json:"address"`
	Timezone         string     `json:"timezone"`
	Status           string     `json:"status"`
	CustomProperties Properties `json:"custom_properties"`
}

// Agent is a user of the source (rezora contract 4.3).
type Agent struct {
	Common
	Email         string `json:"email"`
	FirstName     string `json:"first_name"`
	LastName      string `json:"last_name"`
	DisplayName   string `json:"display_name"`
	Title         string `json:"title"`
	WorkEmail     string `json:"work_email"`
	Website       string `json:"website"`
	PhotoURL      string `json:"photo_url"`
	Bio           string `json:"bio"`
	Tagline       string `json:"tagline"`
	LicenseNumber string `json:"license_number"`
	EmployeeID    string `json:"employee_id"`
	Role          string `json:"role"`
	Status        string `json:"status"`
	CompanyID     string `json:"company_id"`
	OfficeID      string `json:"office_id"`
	Phones        Phones `json:"phones"`
}

// Team groups agents, never contacts (rezora contract 4.4).
type Team struct {
	Common
	Name        string `json:"name"`
	Description string `json:"description"`
	CompanyID   string `json:"company_id"`
	Restricted  bool   `json:"restricted"`
}

// TeamMembership puts an agent into a team.
type TeamMembership struct {
	Common
	TeamID  string `json:"team_id"`
	AgentID string `json:"agent_id"`
}

// CustomProperty is a definition; its type is advisory (rezora contract 4.5).
type CustomProperty struct {
	Common
	Name     string   `json:"name"`
	Object   string   `json:"object"` // contact or company
	DataType string   `json:"data_type"`
	Options  []string `json:"options"`
}

// Contact is a person of the source (rezora contract 4.6).
type Contact struct {
	Common
	OwnerAgentID   string   `json:"owner_agent_id"`
	SharedAgentIDs []string `json:"shared_agent_ids"`
	Name           string   `json:"name"`
	FirstName      string   `json:"first_name"`
	LastName       string   `json:"last_name"`
	Email          string   `json:"email"`
	ContactType    string   `json:"contact_type"`
	Title          string   `json:"title"`
	CompanyName    string   `json:"company_name"`
	CompanyID      string   `json:"company_id"`
	Phones         Phones   `json:"phones"`
	Addresses      struct {
		Business Address `json:"business"`
		Home     Address `json:"home"`
	} `json:"addresses"`
	Kind           string `json:"kind"`
	IsSelf         bool   `json:"is_self"`
	Unsubscribed   bool   `json:"unsubscribed"`
	UnsubscribedAt Time   `json:"unsubscribed_at"`
	EmailStatus    string `json:"email_status"`
	Source         string `json:"source"`
	OptIn          struct {
		FirstAt  Time `json:"first_at"`
		SecondAt Time `json:"second_at"`
	} `json:"opt_in"`
	ExternalIDs struct {
		CRMID        string `json:"crm_id"`
		CRMOwnerID   string `json:"crm_owner_id"`
		CRMAccountID string `json:"crm_account_id"`
	} `json:"external_ids"`
	Scores           *Scores    `json:"scores"`
	CustomProperties Properties `json:"custom_properties"`
}

// Scores are the engagement scores of a contact, 0..1 each.
type Scores struct {
	Open         Num  `json:"open"`
	Click        Num  `json:"click"`
	Bounce       Num  `json:"bounce"`
	Unsubscribe  Num  `json:"unsubscribe"`
	Spam         Num  `json:"spam"`
	Details      Num  `json:"details"`
	Search       Num  `json:"search"`
	EmailCount   Num  `json:"email_count"`
	LastScoredAt Time `json:"last_scored_at"`
}

// DistributionGroup is a mailing list of contacts (rezora contract 4.7).
type DistributionGroup struct {
	Common
	Name         string `json:"name"`
	Scope        string `json:"scope"`
	OwnerAgentID string `json:"owner_agent_id"`
	TeamID       string `json:"team_id"`
	CompanyID    string `json:"company_id"`
	Kind         string `json:"kind"`
	MemberCount  Num    `json:"member_count"`
}

// GroupMembership puts a contact into a distribution group.
type GroupMembership struct {
	Common
	GroupID   string `json:"group_id"`
	ContactID string `json:"contact_id"`
	AddedAt   Time   `json:"added_at"`
}
