package rezoratest

// stamp closes every row; the simulator sends all of it.
type stamp struct {
	CreatedAt instant `json:"created_at"`
	UpdatedAt instant `json:"updated_at"`
	Deleted   bool    `json:"deleted"`
	DeletedAt instant `json:"deleted_at"`
}

type company struct {
	ID        string         `json:"id"`
	Kind      string         `json:"kind"`
	ParentID  opt            `json:"parent_id"`
	Name      string         `json:"name"`
	LegalName opt            `json:"legal_name"`
	Domain    opt            `json:"domain"`
	Email     opt            `json:"email"`
	Website   string         `json:"website"`
	Phones    companyPhones  `json:"phones"`
	Address   *address       `json:"address"`
	Timezone  opt            `json:"timezone"`
	Status    opt            `json:"status"`
	Custom    map[string]any `json:"custom_properties"`
	stamp
}

type companyPhones struct {
	Main string `json:"main"`
	Fax  string `json:"fax"`
}

type address struct {
	Street  string `json:"street"`
	Street2 string `json:"street2"`
	City    string `json:"city"`
	State   string `json:"state"`
	Zip     string `json:"zip"`
	Country string `json:"country"`
}

type phones struct {
	Home   string `json:"home"`
	Work   string `json:"work"`
	Mobile string `json:"mobile"`
	Fax    string `json:"fax"`
}

type agent struct {
	ID            string  `json:"id"`
	Email         string  `json:"email"`
	FirstName     opt     `json:"first_name"`
	LastName      opt     `json:"last_name"`
	DisplayName   opt     `json:"display_name"`
	Title         opt     `json:"title"`
	Role          string  `json:"role"`
	Status        string  `json:"status"`
	CompanyID     opt     `json:"company_id"`
	OfficeID      opt     `json:"office_id"`
	Phones        phones  `json:"phones"`
	WorkEmail     opt     `json:"work_email"`
	Website       opt     `json:"website"`
	PhotoURL      opt     `json:"photo_url"`
	Bio           opt     `json:"bio"`
	Tagline       opt     `json:"tagline"`
	LicenseNumber opt     `json:"license_number"`
	EmployeeID    opt     `json:"employee_id"`
	Social        *social `json:"social"`
	stamp
}

type social struct {
	Facebook  opt `json:"facebook"`
	Twitter   opt `json:"twitter"`
	LinkedIn  opt `json:"linkedin"`
	Instagram opt `json:"instagram"`
	Pinterest opt `json:"pinterest"`
	YouTube   opt `json:"youtube"`
}

type team struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description opt    `json:"description"`
	CompanyID   opt    `json:"company_id"`
	Restricted  bool   `json:"restricted"`
	stamp
}

type teamMembership struct {
	ID      string `json:"id"`
	TeamID  string `json:"team_id"`
	AgentID string `json:"agent_id"`
	stamp
}

type customProperty struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Object   string   `json:"object"`
	DataType string   `json:"data_type"`
	Options  []string `json:"options"`
	stamp
}

type contact struct {
	ID             string         `json:"id"`
	OwnerAgentID   opt            `json:"owner_agent_id"`
	SharedAgentIDs []string       `json:"shared_agent_ids"`
	Name           string         `json:"name"`
	FirstName      opt            `json:"first_name"`
	LastName       opt            `json:"last_name"`
	Email          string         `json:"email"`
	ContactType    string         `json:"contact_type"`
	Title          opt            `json:"title"`
	CompanyName    opt            `json:"company_name"`
	CompanyID      opt            `json:"company_id"`
	Phones         phones         `json:"phones"`
	Addresses      addresses      `json:"addresses"`
	Kind           string         `json:"kind"`
	IsSelf         bool           `json:"is_self"`
	Unsubscribed   bool           `json:"unsubscribed"`
	UnsubscribedAt instant        `json:"unsubscribed_at"`
	EmailStatus    opt            `json:"email_status"`
	Source         opt            `json:"source"`
	OptIn          optIn          `json:"opt_in"`
	ExternalIDs    externalIDs    `json:"external_ids"`
	Scores         *scores        `json:"scores"`
	Custom         map[string]any `json:"custom_properties"`
	stamp
}

type addresses struct {
	Business contactAddress `json:"business"`
	Home     contactAddress `json:"home"`
}

type contactAddress struct {
	Street  string `json:"street"`
	Street2 string `json:"street2"`
	City    string `json:"city"`
	State   string `json:"state"`
	Zip     string `json:"zip"`
}

type optIn struct {
	FirstAt  instant `json:"first_at"`
	SecondAt instant `json:"second_at"`
}

type externalIDs struct {
	CRMID        opt `json:"crm_id"`
	CRMOwnerID   opt `json:"crm_owner_id"`
	CRMAccountID opt `json:"crm_account_id"`
}

type scores struct {
	Open         num     `json:"open"`
	Click        num     `json:"click"`
	Bounce       num     `json:"bounce"`
	Unsubscribe  num     `json:"unsubscribe"`
	Spam         num     `json:"spam"`
	Details      num     `json:"details"`
	Search       num     `json:"search"`
	EmailCount   int     `json:"email_count"`
	LastScoredAt instant `json:"last_scored_at"`
}

type group struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Scope        string `json:"scope"`
	OwnerAgentID opt    `json:"owner_agent_id"`
	TeamID       opt    `json:"team_id"`
	CompanyID    opt    `json:"company_id"`
	Kind         string `json:"kind"`
	MemberCount  num    `json:"member_count"`
	stamp
}

type groupMembership struct {
	ID        string  `json:"id"`
	GroupID   string  `json:"group_id"`
	ContactID string  `json:"contact_id"`
	AddedAt   instant `json:"added_at"`
	stamp
}
