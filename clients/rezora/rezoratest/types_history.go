package rezoratest

type lead struct {
	ID          string  `json:"id"`
	ContactID   opt     `json:"contact_id"`
	AgentID     opt     `json:"agent_id"`
	CompanyID   opt     `json:"company_id"`
	CampaignID  opt     `json:"campaign_id"`
	ListingID   opt     `json:"listing_id"`
	Status      string  `json:"status"`
	Score       num     `json:"score"`
	Source      string  `json:"source"`
	Name        opt     `json:"name"`
	Email       opt     `json:"email"`
	Phone       opt     `json:"phone"`
	Message     opt     `json:"message"`
	ConvertedAt instant `json:"converted_at"`
	stamp
}

type note struct {
	ID            string  `json:"id"`
	ParentType    string  `json:"parent_type"`
	ParentID      string  `json:"parent_id"`
	AuthorAgentID opt     `json:"author_agent_id"`
	AuthorName    opt     `json:"author_name"`
	Body          string  `json:"body"`
	NotedAt       instant `json:"noted_at"`
	EditedAt      instant `json:"edited_at"`
	stamp
}

type task struct {
	ID              string  `json:"id"`
	ContactID       opt     `json:"contact_id"`
	AssigneeAgentID opt     `json:"assignee_agent_id"`
	Title           string  `json:"title"`
	Description     opt     `json:"description"`
	DueAt           instant `json:"due_at"`
	CompletedAt     instant `json:"completed_at"`
	Status          string  `json:"status"`
	stamp
}

type interaction struct {
	ID        string  `json:"id"`
	Type      string  `json:"type"`
	ContactID opt     `json:"contact_id"`
	AgentID   opt     `json:"agent_id"`
	Subject   opt     `json:"subject"`
	Body      opt     `json:"body"`
	Location  opt     `json:"location"`
	Direction opt     `json:"direction"`
	StartedAt instant `json:"started_at"`
	EndedAt   instant `json:"ended_at"`
	stamp
}

type socialPost struct {
	ID            string        `json:"id"`
	Network       string        `json:"network"`
	NetworkPostID opt           `json:"network_post_id"`
	AgentID       opt           `json:"agent_id"`
	Title         opt           `json:"title"`
	Text          opt           `json:"text"`
	ImageURL      opt           `json:"image_url"`
	PostURL       opt           `json:"post_url"`
	Item          *socialItem   `json:"item"`
	Status        string        `json:"status"`
	ScheduledAt   instant       `json:"scheduled_at"`
	PostedAt      instant       `json:"posted_at"`
	Metrics       socialMetrics `json:"metrics"`
	stamp
}

type socialItem struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type socialMetrics struct {
	Opens          int `json:"opens"`
	Clicks         int `json:"clicks"`
	PotentialReach int `json:"potential_reach"`
}

type event struct {
	ID         string  `json:"id"`
	Type       string  `json:"type"`
	ContactID  opt     `json:"contact_id"`
	CampaignID opt     `json:"campaign_id"`
	AgentID    opt     `json:"agent_id"`
	ListingID  opt     `json:"listing_id"`
	Email      opt     `json:"email"`
	OccurredAt instant `json:"occurred_at"`
	URL        opt     `json:"url"`
	Detail     *detail `json:"detail"`
	stamp
}

// detail holds only the keys that apply to the event.
type detail struct {
	Reason     string         `json:"reason,omitempty"`
	BounceType string         `json:"bounce_type,omitempty"`
	SMTPStatus string         `json:"smtp_status,omitempty"`
	Response   string         `json:"response,omitempty"`
	Attempt    int            `json:"attempt,omitempty"`
	UserAgent  string         `json:"user_agent,omitempty"`
	Device     string         `json:"device,omitempty"`
	Source     string         `json:"source,omitempty"`
	Search     map[string]any `json:"search,omitempty"`
}

type attachment struct {
	ID                string  `json:"id"`
	ParentType        string  `json:"parent_type"`
	ParentID          string  `json:"parent_id"`
	Filename          string  `json:"filename"`
	ContentType       string  `json:"content_type"`
	Size              int64   `json:"size"`
	SHA256            opt     `json:"sha256"`
	DownloadURL       opt     `json:"download_url"`
	DownloadExpiresAt instant `json:"download_expires_at"`
	UploadedByAgentID opt     `json:"uploaded_by_agent_id"`
	stamp
}
