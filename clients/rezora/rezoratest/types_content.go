package rezoratest

type template struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	Title          opt    `json:"title"`
	Category       opt    `json:"category"`
	Type           opt    `json:"type"`
	DefaultSubject opt    `json:"default_subject"`
	ThumbnailURL   opt    `json:"thumbnail_url"`
	Version        string `json:"version"`
	CompanyID      opt    `json:"company_id"`
	Archived       bool   `json:"archived"`
	stamp
	html string
}

type listing struct {
	ID             string         `json:"id"`
	MLSOrgID       string         `json:"mls_org_id"`
	MLSNumber      string         `json:"mls_number"`
	ListingType    string         `json:"listing_type"`
	Status         string         `json:"status"`
	StatusRaw      opt            `json:"status_raw"`
	Address        listingAddress `json:"address"`
	ListPrice      opt            `json:"list_price"`
	SoldPrice      opt            `json:"sold_price"`
	Beds           num            `json:"beds"`
	Baths          num            `json:"baths"`
	Sqft           num            `json:"sqft"`
	LotAcres       num            `json:"lot_acres"`
	YearBuilt      num            `json:"year_built"`
	Latitude       num            `json:"latitude"`
	Longitude      num            `json:"longitude"`
	ListDate       opt            `json:"list_date"`
	SoldDate       opt            `json:"sold_date"`
	Remarks        opt            `json:"remarks"`
	DetailURL      opt            `json:"detail_url"`
	VirtualTourURL opt            `json:"virtual_tour_url"`
	Photos         []photo        `json:"photos"`
	ListingAgent   *listingAgent  `json:"listing_agent"`
	OwnerAgentID   opt            `json:"owner_agent_id"`
	stamp
}

type listingAddress struct {
	Street string `json:"street"`
	Unit   string `json:"unit"`
	City   string `json:"city"`
	State  string `json:"state"`
	Zip    string `json:"zip"`
	County string `json:"county"`
}

type photo struct {
	URL      string `json:"url"`
	Position int    `json:"position"`
}

type listingAgent struct {
	ID     opt    `json:"id"`
	Name   string `json:"name"`
	Email  opt    `json:"email"`
	Phone  opt    `json:"phone"`
	Office opt    `json:"office"`
}

type campaign struct {
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	Subject          string            `json:"subject"`
	Kind             string            `json:"kind"`
	Status           string            `json:"status"`
	OwnerAgentID     opt               `json:"owner_agent_id"`
	CreatedByAgentID opt               `json:"created_by_agent_id"`
	CompanyID        opt               `json:"company_id"`
	TeamID           opt               `json:"team_id"`
	OnBehalf         bool              `json:"on_behalf"`
	Template         *campaignTemplate `json:"template"`
	Program          *program          `json:"program"`
	SequenceID       opt               `json:"sequence_id"`
	SequenceStepID   opt               `json:"sequence_step_id"`
	Schedule         schedule          `json:"schedule"`
	GroupIDs         []string          `json:"distribution_group_ids"`
	Listings         []campaignListing `json:"listings"`
	Metrics          metrics           `json:"metrics"`
	PreviewURL       opt               `json:"preview_url"`
	stamp
	html string
}

type campaignTemplate struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version"`
}

type program struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type schedule struct {
	ScheduledAt instant `json:"scheduled_at"`
	Timezone    opt     `json:"timezone"`
	StartedAt   instant `json:"started_at"`
	SentAt      instant `json:"sent_at"`
	FinishedAt  instant `json:"finished_at"`
	ExpiresAt   instant `json:"expires_at"`
	Recurrence  opt     `json:"recurrence"`
}

type campaignListing struct {
	ListingID string `json:"listing_id"`
	Position  int    `json:"position"`
	Headline  opt    `json:"headline"`
	Message   opt    `json:"message"`
}

type metrics struct {
	Recipients    int `json:"recipients"`
	Delivered     int `json:"delivered"`
	OpensUnique   int `json:"opens_unique"`
	OpensTotal    int `json:"opens_total"`
	ClicksUnique  int `json:"clicks_unique"`
	ClicksTotal   int `json:"clicks_total"`
	Bounces       int `json:"bounces"`
	SpamReports   int `json:"spam_reports"`
	Unsubscribes  int `json:"unsubscribes"`
	PropertyViews int `json:"property_views"`
	Reach         int `json:"reach"`
}

type recipient struct {
	ID         string  `json:"id"`
	CampaignID string  `json:"campaign_id"`
	ContactID  string  `json:"contact_id"`
	Email      string  `json:"email"`
	Status     string  `json:"status"`
	SentAt     instant `json:"sent_at"`
	stamp
}

type sequence struct {
	ID              string  `json:"id"`
	Name            string  `json:"name"`
	Description     opt     `json:"description"`
	Status          string  `json:"status"`
	OwnerAgentID    opt     `json:"owner_agent_id"`
	CompanyID       opt     `json:"company_id"`
	RequiresListing bool    `json:"requires_listing"`
	Trigger         trigger `json:"trigger"`
	Steps           []step  `json:"steps"`
	stamp
}

type trigger struct {
	Type   string         `json:"type"`
	Params map[string]any `json:"params"`
}

type step struct {
	ID         string      `json:"id"`
	Position   int         `json:"position"`
	Name       opt         `json:"name"`
	Action     string      `json:"action"`
	TemplateID opt         `json:"template_id"`
	CampaignID opt         `json:"campaign_id"`
	Delay      *delay      `json:"delay"`
	SendWindow *sendWindow `json:"send_window"`
	Condition  *condition  `json:"condition"`
	OnFalse    opt         `json:"on_false"`
}

type delay struct {
	Value int    `json:"value"`
	Unit  string `json:"unit"`
	After string `json:"after"`
}

type sendWindow struct {
	Days     []string `json:"days"`
	From     string   `json:"from"`
	To       string   `json:"to"`
	Timezone string   `json:"timezone"`
}

type condition struct {
	Type   string         `json:"type"`
	StepID opt            `json:"step_id"`
	Params map[string]any `json:"params"`
}

type enrollment struct {
	ID            string  `json:"id"`
	SequenceID    string  `json:"sequence_id"`
	ContactID     string  `json:"contact_id"`
	CurrentStepID opt     `json:"current_step_id"`
	ExitReason    opt     `json:"exit_reason"`
	Status        string  `json:"status"`
	EnteredAt     instant `json:"entered_at"`
	CompletedAt   instant `json:"completed_at"`
	stamp
}
