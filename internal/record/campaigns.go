package record

import "encoding/json"

// Template is an e-mail template; HTML comes only when asked for (rezora contract 4.8).
type Template struct {
	Common
	Name           string `json:"name"`
	Title          string `json:"title"`
	Category       string `json:"category"`
	Type           string `json:"type"`
	DefaultSubject string `json:"default_subject"`
	ThumbnailURL   string `json:"thumbnail_url"`
	Version        string `json:"version"`
	CompanyID      string `json:"company_id"`
	Archived       bool   `json:"archived"`
	HTML           string `json:"html"`
}

// Campaign is one send, a marketing piece (rezora contract 4.9).
type Campaign struct {
	Common
	Name             string `json:"name"`
	Subject          string `json:"subject"`
	Kind             string `json:"kind"`
	Status           string `json:"status"`
	OwnerAgentID     string `json:"owner_agent_id"`
	CreatedByAgentID string `json:"created_by_agent_id"`
	CompanyID        string `json:"company_id"`
	TeamID           string `json:"team_id"`
	OnBehalf         bool   `json:"on_behalf"`
	Template         *struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"template"`
	Program *struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	} `json:"program"`
	SequenceID     string `json:"sequence_id"`
	SequenceStepID string `json:"sequence_step_id"`
	Schedule       struct {
		ScheduledAt Time   `json:"scheduled_at"`
		Timezone    string `json:"timezone"`
		StartedAt   Time   `json:"started_at"`
		SentAt      Time   `json:"sent_at"`
		FinishedAt  Time   `json:"finished_at"`
		ExpiresAt   Time   `json:"expires_at"`
		Recurrence  string `json:"recurrence"`
	} `json:"schedule"`
	DistributionGroupIDs []string `json:"distribution_group_ids"`
	Listings             []struct {
		ListingID string `json:"listing_id"`
		Position  Num    `json:"position"`
		Headline  string `json:"headline"`
		Message   string `json:"message"`
	} `json:"listings"`
	Metrics    Metrics `json:"metrics"`
	PreviewURL string  `json:"preview_url"`
	HTML       string  `json:"html"`
}

// Metrics are a campaign's counters: a snapshot that may disagree with the events.
type Metrics struct {
	Recipients    Num `json:"recipients"`
	Delivered     Num `json:"delivered"`
	OpensUnique   Num `json:"opens_unique"`
	OpensTotal    Num `json:"opens_total"`
	ClicksUnique  Num `json:"clicks_unique"`
	ClicksTotal   Num `json:"clicks_total"`
	Bounces       Num `json:"bounces"`
	SpamReports   Num `json:"spam_reports"`
	Unsubscribes  Num `json:"unsubscribes"`
	PropertyViews Num `json:"property_views"`
	Reach         Num `json:"reach"`
}

// CampaignRecipient is one person that a campaign was addressed to.
type CampaignRecipient struct {
	Common
	CampaignID string `json:"campaign_id"`
	ContactID  string `json:"contact_id"`
	Email      string `json:"email"`
	Status     string `json:"status"`
	SentAt     Time   `json:"sent_at"`
}

// Sequence is an automation, a drip sequence (rezora contract 4.10).
type Sequence struct {
	Common
	Name            string  `json:"name"`
	Description     string  `json:"description"`
	OwnerAgentID    string  `json:"owner_agent_id"`
	CompanyID       string  `json:"company_id"`
	RequiresListing bool    `json:"requires_listing"`
	Status          string  `json:"status"`
	Trigger         Trigger `json:"trigger"`
	Steps           []Step  `json:"steps"`
}

// Trigger starts a sequence.
type Trigger struct {
	Type   string          `json:"type"`
	Params json.RawMessage `json:"params"`
}

// Step is one step of a sequence.
type Step struct {
	ID         string `json:"id"`
	Position   Num    `json:"position"`
	Name       string `json:"name"`
	Action     string `json:"action"`
	TemplateID string `json:"template_id"`
	CampaignID string `json:"campaign_id"`
	Delay      *struct {
		Value Num    `json:"value"`
		Unit  string `json:"unit"`
		After string `json:"after"`
	} `json:"delay"`
	SendWindow *struct {
		Days     []string `json:"days"`
		From     string   `json:"from"`
		To       string   `json:"to"`
		Timezone string   `json:"timezone"`
	} `json:"send_window"`
	Condition *struct {
		Type   string          `json:"type"`
		StepID string          `json:"step_id"`
		Params json.RawMessage `json:"params"`
	} `json:"condition"`
	OnFalse string `json:"on_false"`
}

// SequenceEnrollment is a person in a sequence.
type SequenceEnrollment struct {
	Common
	SequenceID    string `json:"sequence_id"`
	ContactID     string `json:"contact_id"`
	CurrentStepID string `json:"current_step_id"`
	ExitReason    string `json:"exit_reason"`
	Status        string `json:"status"`
	EnteredAt     Time   `json:"entered_at"`
	CompletedAt   Time   `json:"completed_at"`
}

// SocialPost is a post on a network; (network, id) is its key (rezora contract 4.13).
type SocialPost struct {
	Common
	Network       string `json:"network"`
	NetworkPostID string `json:"network_post_id"`
	AgentID       string `json:"agent_id"`
	Title         string `json:"title"`
	Text          string `json:"text"`
	ImageURL      string `json:"image_url"`
	PostURL       string `json:"post_url"`
	Item          *struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	} `json:"item"`
	Status      string `json:"status"`
	ScheduledAt Time   `json:"scheduled_at"`
	PostedAt    Time   `json:"posted_at"`
	Metrics     struct {
		Opens          Num `json:"opens"`
		Clicks         Num `json:"clicks"`
		PotentialReach Num `json:"potential_reach"`
	} `json:"metrics"`
}

// Activity is an engagement event; (type, id) is its key, and it is never deleted (rezora contract 4.13).
type Activity struct {
	Common
	Type       string `json:"type"`
	ContactID  string `json:"contact_id"`
	CampaignID string `json:"campaign_id"`
	AgentID    string `json:"agent_id"`
	ListingID  string `json:"listing_id"`
	Email      string `json:"email"`
	OccurredAt Time   `json:"occurred_at"`
	URL        string `json:"url"`
}

// Listing is a property; only what the archive and the references need (rezora contract 4.12).
type Listing struct {
	Common
	MLSOrgID     string  `json:"mls_org_id"`
	MLSNumber    string  `json:"mls_number"`
	ListingType  string  `json:"listing_type"`
	Status       string  `json:"status"`
	Address      Address `json:"address"`
	OwnerAgentID string  `json:"owner_agent_id"`
}
