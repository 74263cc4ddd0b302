package record

// Lead is an enquiry; without an agent it is an unassigned marketing lead (rezora contract 4.11).
type Lead struct {
	Common
	ContactID   string `json:"contact_id"`
	AgentID     string `json:"agent_id"`
	CompanyID   string `json:"company_id"`
	CampaignID  string `json:"campaign_id"`
	ListingID   string `json:"listing_id"`
	Status      string `json:"status"`
	Score       Num    `json:"score"`
	Source      string `json:"source"`
	Name        string `json:"name"`
	Email       string `json:"email"`
	Phone       string `json:"phone"`
	Message     string `json:"message"`
	ConvertedAt Time   `json:"converted_at"`
}

// Note hangs on a contact, campaign, company or lead; a missing author is inferred from the parent's owner, and flagged.
type Note struct {
	Common
	ParentType    string `json:"parent_type"`
	ParentID      string `json:"parent_id"`
	AuthorAgentID string `json:"author_agent_id"`
	AuthorName    string `json:"author_name"`
	Body          string `json:"body"`
	NotedAt       Time   `json:"noted_at"`
	EditedAt      Time   `json:"edited_at"`
}

// Task is a thing to do; "completed" without a completion time occurs.
type Task struct {
	Common
	ContactID       string `json:"contact_id"`
	AssigneeAgentID string `json:"assignee_agent_id"`
	Title           string `json:"title"`
	Description     string `json:"description"`
	DueAt           Time   `json:"due_at"`
	CompletedAt     Time   `json:"completed_at"`
	Status          string `json:"status"`
}

// Interaction is a call, an e-mail or a meeting with one contact.
type Interaction struct {
	Common
	Type      string `json:"type"`
	ContactID string `json:"contact_id"`
	AgentID   string `json:"agent_id"`
	Subject   string `json:"subject"`
	Body      string `json:"body"`
	Location  string `json:"location"`
	Direction string `json:"direction"`
	StartedAt Time   `json:"started_at"`
	EndedAt   Time   `json:"ended_at"`
}

// Attachment is a file on another record; its name is data, never a path (rezora contract 5).
type Attachment struct {
	Common
	ParentType        string `json:"parent_type"`
	ParentID          string `json:"parent_id"`
	Filename          string `json:"filename"`
	ContentType       string `json:"content_type"`
	Size              int64  `json:"size"`
	SHA256            string `json:"sha256"`
	DownloadURL       string `json:"download_url"`
	DownloadExpiresAt Time   `json:"download_expires_at"`
	UploadedByAgentID string `json:"uploaded_by_agent_id"`
}
